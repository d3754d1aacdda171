"""Conversations in messengers and their messages, both ways."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from integrations.models.integration import Integration
from integrations.records import MessageStatus
from tenants.fields import EncryptedBytesField
from tenants.models import TenantModel

STATES = [(one.value, one.label) for one in MessageStatus]
PREVIEW = 200
LONGEST_TEXT = 40_000


class Conversation(TenantModel):
    """One chat of one integration.

    `last_message_at` and `preview` are of its newest message, `is_waiting` says that the newest one is theirs.
    `free_at` is when the next message may leave: messengers limit the pace of each chat.
    """

    integration = models.ForeignKey(
        Integration,
        on_delete=models.CASCADE,
        related_name="conversations",
        db_index=False,
        verbose_name=_("integration"),
    )
    outside_id = models.CharField(_("id at the messenger"), max_length=200)
    channel = models.CharField(_("messenger"), max_length=40)
    title = models.CharField(_("title"), max_length=300, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    is_group = models.BooleanField(_("group"), default=False)
    is_open = models.BooleanField(_("can be written to"), default=True)
    closed_reason = models.CharField(_("why not"), max_length=300, blank=True)
    is_waiting = models.BooleanField(_("waits for an answer"), default=False)
    last_message_at = models.DateTimeField(_("last message"), null=True)
    preview = models.CharField(_("last text"), max_length=PREVIEW, blank=True)
    free_at = models.DateTimeField(null=True, editable=False)
    custom = models.JSONField(_("further fields"), default=dict, blank=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        ordering = ["-last_message_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["integration", "outside_id"], name="conversation_once"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-last_message_at", "-id"], name="conversation_recent"),
            models.Index(fields=["tenant", "-id"], name="conversation_newest"),
            models.Index(fields=["tenant", "phone"], name="conversation_phone", condition=~Q(phone="")),
            models.Index(
                fields=["tenant", "-last_message_at"],
                name="conversation_waiting",
                condition=Q(is_waiting=True),
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.outside_id


class Message(TenantModel):
    """One message, theirs or ours. Ours are leased work while they are `queued`, and while an edit waits (`new_text`).

    `sent_ids` are the ids of the parts that were sent, `under_way` is the part whose outcome is not known yet: it was
    written down before the part left. `key` is the caller's idempotency key.
    """

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False, verbose_name=_("conversation")
    )  # fmt: skip
    outside_id = models.CharField(_("id at the messenger"), max_length=200, blank=True)
    is_from_us = models.BooleanField(_("ours"), default=False)
    state = models.CharField(_("state"), max_length=10, choices=STATES, default=MessageStatus.RECEIVED)
    sender_id = models.CharField(_("sender's id"), max_length=200, blank=True)
    sender = models.CharField(_("sender"), max_length=300, blank=True)
    text = models.TextField(_("text"), blank=True)
    is_marked = models.BooleanField(_("with marks"), default=False)
    attachments = models.JSONField(_("attachments"), default=list, blank=True)
    buttons = models.JSONField(_("buttons"), default=list, blank=True)
    action = models.CharField(_("pressed"), max_length=500, blank=True)
    press_id = models.CharField(max_length=200, blank=True, editable=False)
    reply_to_id = models.CharField(_("answers"), max_length=200, blank=True)
    is_silent = models.BooleanField(_("silent"), default=False)
    key = models.CharField(max_length=200, null=True, editable=False)  # noqa: DJ001 unique, and many have none
    sent_ids = models.JSONField(default=list, editable=False)
    under_way = models.PositiveSmallIntegerField(null=True, editable=False)
    error_code = models.CharField(max_length=40, blank=True, editable=False)
    error = models.TextField(_("why it failed"), blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    queued_at = models.DateTimeField(_("queued"), null=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    new_text = models.TextField(null=True, editable=False)  # noqa: DJ001 an empty text is one, too
    edited_at = models.DateTimeField(_("edited"), null=True)
    correlation_id = models.UUIDField(_("correlation"), null=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "outside_id"], name="message_once", condition=~Q(outside_id="")
            ),
            models.UniqueConstraint(fields=["tenant", "key"], name="message_key"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="message_recent"),
            models.Index(fields=["conversation", "-id"], name="message_conversation"),
            # Small for ever, and what the order within a conversation is kept by.
            models.Index(fields=["conversation", "id"], name="message_queued", condition=Q(state="queued")),
            models.Index(fields=["tenant", "-id"], name="message_failed", condition=Q(state="failed")),
            models.Index(
                fields=["correlation_id"], name="message_correlation", condition=Q(correlation_id__isnull=False)
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.text[:50] or str(self.pk)


class MessageFile(TenantModel):
    """A file on its way out. It goes when the messenger has it: from then on it is named by the messenger's own id."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(_("name"), max_length=300, blank=True)
    media_type = models.CharField(_("type"), max_length=200, blank=True)
    size = models.PositiveIntegerField(_("bytes"), default=0)
    content = EncryptedBytesField(editable=False)

    class Meta:
        verbose_name = _("file of a message")
        verbose_name_plural = _("files of messages")

    def __str__(self) -> str:
        return self.name or str(self.pk)


class PollPosition(TenantModel):
    """How far an integration that is asked for news has been read; the news themselves are stored requests."""

    integration = models.OneToOneField(Integration, on_delete=models.CASCADE, related_name="poll_position")
    position = models.CharField(max_length=200, blank=True)
    polled_at = models.DateTimeField(_("asked"), null=True)
    heard_at = models.DateTimeField(_("last news"), null=True)

    class Meta:
        verbose_name = _("position of asking")
        verbose_name_plural = _("positions of asking")

    def __str__(self) -> str:
        return f"{self.integration_id}: {self.position}"
