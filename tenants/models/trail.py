"""What happened: the event log, the audit trail, stored answers for repeated requests, and signs of life."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedJSONField, UUID7Field
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
    """One change or sensitive act: who, when, from where, before and after, with secrets masked. Append-only."""

    id = UUID7Field()
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", null=True, verbose_name=_("company")
    )
    created_at = models.DateTimeField(_("when"), auto_now_add=True)
    action = models.CharField(_("action"), max_length=100)
    actor = models.CharField(_("who"), max_length=200)
    actor_kind = models.CharField(
        _("kind"),
        max_length=10,
        choices=[("person", _("person")), ("key", _("API key")), ("system", _("system"))],
    )
    address = models.GenericIPAddressField(_("from"), null=True)
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
            models.Index(fields=["tenant", "object_type", "object_id"], name="audit_object"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_name}"


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
