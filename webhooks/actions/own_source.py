"""Sources that belong to something in a room above: made, switched and removed with it, and by nobody else."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from tenants import audit
from tenants.errors import ConfigError
from tenants.models import Tenant
from webhooks.models import Source
from webhooks.owners import Whose, owner
from webhooks.presets import preset
from webhooks.presets.preset import SecretFrom

LONGEST_NAME = 100


@transaction.atomic
def create_owned_source(
    tenant: Tenant, owner_name: str, preset_name: str, name: str, options: Mapping[str, str] | None = None
) -> Source:
    """A source with a secret of its own making. Where only the sender can make one, it has none yet and lets nobody in.

    BadOption for options that its preset does not have.
    """
    if owner(owner_name) is None:
        raise ValueError(f"nobody registered as the owner {owner_name}")
    sender = preset(preset_name)
    secret = "" if sender.secret_from is SecretFrom.SENDER else sender.new_secret()
    source = Source(
        tenant=tenant,
        preset=preset_name,
        name=_free_name(tenant, name),
        owner=owner_name,
        secret=secret,
        options=sender.clean_options(options or {}),
    )
    source.save(force_insert=True)
    audit.record("source.created", source, after=audit.snapshot(source))
    return source


@transaction.atomic
def switch_owned_source(source: Source, *, is_enabled: bool) -> None:
    """A source that is switched off answers with 404: the sender is not to believe that it was heard."""
    if source.is_enabled == is_enabled:
        return
    source.is_enabled = is_enabled
    source.save(update_fields=["is_enabled", "updated_at"])
    audit.record("source.updated", source, after={"is_enabled": is_enabled})


@transaction.atomic
def delete_owned_source(source: Source) -> None:
    """With what it received."""
    audit.record("source.deleted", source, before=audit.snapshot(source))
    source.delete()


def whose(source: Source) -> Whose | None:
    """What the source belongs to, for its page."""
    known = owner(source.owner)
    return known.find(source.pk) if known else None


def owned_text(source: Source) -> str:
    """Why a source that belongs to something cannot be changed by itself."""
    found = whose(source)
    text = _("The source “%(source)s” belongs to “%(name)s”: it is changed and removed there.")
    return text % {"source": source.name, "name": found.name if found else source.owner}


def refuse_owned(source: Source) -> None:
    """ConfigError when the source belongs to something."""
    if source.owner:
        raise ConfigError(owned_text(source))


def _free_name(tenant: Tenant, name: str) -> str:
    name = name[: LONGEST_NAME - 5].strip()
    taken = set(Source.objects.filter(tenant=tenant, name__startswith=name).values_list("name", flat=True))
    candidates = (name, *(f"{name} ({number})" for number in range(2, len(taken) + 3)))
    return next(one for one in candidates if one not in taken)
