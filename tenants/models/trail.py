"""What happened: the event log, the audit trail, stored answers for repeated requests, and signs of life."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedJSONField, EncryptedTextField, UUID7Field
from tenants.models.base import TenantModel
from tenants.scoping import TenantManager


class Event(TenantModel):
    """Something that happened, with a dotted type. Written in the transaction of its cause, never changed after."""

    type = models.CharField(_("type"), max_length=100)
    data = models.JSONField(_("data"), encoder=DjangoJSONEncoder)
    key = models.CharField(_("idempotency key"), max_length=200)
    occurred_at = models.DateTimeField(_("occurred"))
    correlation_id = models.UUIDField(_("correlation"), null=True, db_index=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="event_key")]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="event_recent"),
            models.Index(fields=["tenant", "type", "-id"], name="event_type_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class AuditEntry(models.Model):
    """One change or sensitive act: who, when, from where, before and after, with secrets masked.

    Append-only: the database itself refuses to change or remove a row (tenants/trail/triggers.py). What a company's
    people did outlives the company, so the column is a number that no deletion follows.
    """

    id = UUID7Field()
    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        verbose_name=_("company"),
    )
    created_at = models.DateTimeField(_("when"), default=timezone.now, editable=False)
    action = models.CharField(_("action"), max_length=100)
    actor = models.CharField(_("who"), max_length=200)
    actor_kind = models.CharField(
        _("kind"),
        max_length=10,
        choices=[("person", _("person")), ("key", _("API key")), ("system", _("system"))],
    )
    address = models.GenericIPAddressField(_("from"), null=True)
    user_agent = models.CharField(_("program"), max_length=300, blank=True)
    object_type = models.CharField(_("object type"), max_length=100, blank=True)
    object_id = models.CharField(_("object id"), max_length=64, blank=True)
    object_name = models.CharField(_("object"), max_length=200, blank=True)
    before = models.JSONField(_("before"), default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(_("after"), default=dict, encoder=DjangoJSONEncoder)
    correlation_id = models.UUIDField(_("correlation"), null=True)

    objects = TenantManager["AuditEntry"]()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        indexes = [
            models.Index(fields=["tenant", "-id"], name="audit_recent"),
            models.Index(fields=["tenant", "object_id", "-id"], name="audit_object"),
            models.Index(fields=["tenant", "actor", "-id"], name="audit_actor"),
            models.Index(fields=["tenant", "action", "-id"], name="audit_action"),
            models.Index(fields=["tenant", "object_name", "-id"], name="audit_object_name"),
            models.Index(
                fields=["tenant", "address", "-id"],
                name="audit_address",
                condition=models.Q(address__isnull=False),
            ),
            models.Index(
                fields=["correlation_id"],
                name="audit_correlation",
                condition=models.Q(correlation_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_name}"


class AuditChain(models.Model):
    """The seal of one company's trail: how far it reaches, and the key without which no link can be forged.

    `owner` is the company's number in the database, 0 for the installation. The row survives the company.
    """

    owner = models.PositiveBigIntegerField(primary_key=True)
    key = EncryptedTextField()
    position = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    streamed = models.PositiveBigIntegerField(default=0)
    sealed_until = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    finding = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.owner}: {self.position}"


class AuditLink(models.Model):
    """One sealed entry: its place in the chain, and a digest of it and of everything before it. Append-only."""

    # No foreign key: a link must stay when its entry was removed, for that is what it shows.
    entry = models.UUIDField(primary_key=True)
    chain = models.ForeignKey(AuditChain, on_delete=models.PROTECT, related_name="links", db_index=False)
    position = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "position"], name="audit_link_position")]

    def __str__(self) -> str:
        return f"{self.chain_id} #{self.position}"


class StoredAnswer(models.Model):
    """The answer once given to a POST with an `Idempotency-Key`, so that a repeat gets the same one."""

    id = UUID7Field()
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    # Sealed: the first answer may have shown a new secret.
    body = EncryptedJSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = TenantManager["StoredAnswer"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="stored_answer_key")]

    def __str__(self) -> str:
        return self.key


class Heartbeat(models.Model):
    """The last sign of life of a process, for /health."""

    name = models.CharField(max_length=100, primary_key=True)
    kind = models.CharField(max_length=20)
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["kind", "seen_at"], name="heartbeat_kind")]

    def __str__(self) -> str:
        return self.name
