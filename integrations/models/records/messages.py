"""Conversations in messengers, and their messages."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models.records.base import StoredRecord
from integrations.records import MessageStatus, RecordKind


class Conversation(StoredRecord):
    """One chat. `channel` is the messenger's code."""

    kind = RecordKind.CONVERSATION
    title_field: ClassVar[str] = "title"

    channel = models.CharField(_("messenger"), max_length=200, blank=True)
    title = models.TextField(_("title"), blank=True)
    is_group = models.BooleanField(_("group"), default=False)
    is_open = models.BooleanField(_("open"), default=True)
    last_message_at = models.DateTimeField(_("last message"), null=True, blank=True)

    class Meta(StoredRecord.Meta):
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")


class Message(StoredRecord):
    """One message."""

    kind = RecordKind.MESSAGE
    title_field: ClassVar[str] = "text"

    channel = models.CharField(_("messenger"), max_length=200, blank=True)
    is_from_us = models.BooleanField(_("from us"), default=False)
    sender_id = models.CharField(_("sender there"), max_length=200, blank=True)
    sender = models.TextField(_("sender"), blank=True)
    text = models.TextField(_("text"), blank=True)
    attachments = models.JSONField(_("attachments"), default=list, blank=True)
    action = models.TextField(_("button pressed"), blank=True)
    reply_to_id = models.CharField(_("answer to"), max_length=200, blank=True)
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=[(one.value, one.label) for one in MessageStatus],
        default=MessageStatus.RECEIVED.value,
    )
    error = models.TextField(_("why it failed"), blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True)

    class Meta(StoredRecord.Meta):
        verbose_name = _("message")
        verbose_name_plural = _("messages")
