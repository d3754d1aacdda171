"""Event types that a company declares itself, for what its own systems publish."""

from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.events import NAME, event_types
from tenants.models import TenantModel
from webhooks.schemas import data_problems, schema_problems

# Its types are for companies to add to; every other group that Switchboard has stays its own.
OPEN_GROUP: Final = "custom"
LARGEST_EXAMPLE: Final = 64 * 1024


def any_object() -> dict[str, Any]:
    return {"type": "object"}


class OwnEventType(TenantModel):
    """A kind of event that only this company has. `version` counts the changes of its schema."""

    name = models.CharField(
        _("event type"),
        max_length=100,
        help_text=_("Dotted, of small letters, digits and underscores, such as shop.cart.abandoned."),
    )
    title = models.CharField(_("title"), max_length=200)
    description = models.CharField(_("description"), max_length=1000, blank=True)
    schema = models.JSONField(
        _("schema"),
        default=any_object,
        help_text=_("JSON Schema of the data. What contradicts it is refused when it is published."),
    )
    example = models.JSONField(_("example"), default=dict, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    deprecation = models.CharField(
        _("deprecated"),
        max_length=300,
        blank=True,
        help_text=_("What to use instead. It can be published as before, and subscribers see the remark."),
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("own event type")
        verbose_name_plural = _("own event types")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="own_event_type_name")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        errors = {
            name: problems
            for name, problems in (
                ("name", self._name_problems()),
                ("schema", _as_errors(schema_problems(self.schema))),
            )
            if problems
        }
        if "schema" not in errors:
            errors |= self._example_problems()
        if errors:
            raise ValidationError(errors)

    def _name_problems(self) -> list[ValidationError]:
        if not self._state.adding:
            # What was free once stays: Switchboard's own types of later versions stand in its place.
            if self.name == self._stored("name"):
                return []
            return [ValidationError(_("The name cannot be changed: subscribers know the type by it."))]
        if not NAME.match(self.name or ""):
            return [
                ValidationError(
                    _(
                        "A type is of small letters, digits and underscores, with at least one dot between them."
                    )
                )
            ]
        group = self.name.partition(".")[0]
        taken = {one.name for one in event_types()}
        groups = {name.partition(".")[0] for name in taken} - {OPEN_GROUP}
        if self.name in taken or group in groups:
            text = _("Types that begin with “%(group)s.” are Switchboard's own; begin with another word.")
            return [ValidationError(text, params={"group": group})]
        return []

    def _example_problems(self) -> dict[str, list[ValidationError]]:
        if not isinstance(self.example, dict):
            return {"example": [ValidationError(_("The data of an event is an object."))]}
        # Without one, the test button offers an empty object.
        problems = _as_errors(data_problems(self.schema, self.example)) if self.example else []
        return {"example": problems} if problems else {}

    def _stored(self, field: str) -> Any:
        return type(self).objects.filter(pk=self.pk).values_list(field, flat=True).first()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding and self._stored("schema") != self.schema:
            self.version += 1
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "version"}
        super().save(*args, **kwargs)


def _as_errors(problems: Any) -> list[ValidationError]:
    return [
        ValidationError(f"{path}: {message}" if path else message, code="schema")
        for path, message in problems
    ]
