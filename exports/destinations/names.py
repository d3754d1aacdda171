"""What a file is called where it is carried to: a template with a fixed set of placeholders, and no way out of the folder."""

import re
from collections.abc import Mapping
from typing import Final

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exports.models.export import Export

PLACEHOLDERS: Final = ("dataset", "company", "date", "time", "id")


_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
# What some file system somewhere refuses or reads as a path, beside control characters.
_FORBIDDEN: Final = frozenset('/\\:*?"<>|')


def validate_template(text: str) -> None:
    """ValidationError says what is wrong with it; `calls-{date}.csv` is right."""
    for name in _PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            raise ValidationError(
                _("“{%(name)s}” is unknown. Known: %(known)s."),
                params={"name": name[:50], "known": ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)},
            )
    plain = _PLACEHOLDER.sub("", text)
    if "{" in plain or "}" in plain:
        raise ValidationError(_("A brace has no partner."))
    if any(char in _FORBIDDEN or not char.isprintable() for char in plain):
        raise ValidationError(_('A file name cannot have any of / \\ : * ? " < > | in it.'))
    if text.startswith((".", " ")) or text.endswith((".", " ")):
        raise ValidationError(_("A file name does not begin or end with a dot or a space."))


def file_name(template: str, export: Export, extension: str) -> str:
    """The same for every attempt of one export. The extension is added where the template does not end with it."""
    name = _PLACEHOLDER.sub(lambda found: _values(export)[found[1]], template)
    return name if name.lower().endswith(f".{extension.lower()}") else f"{name}.{extension}"


def _values(export: Export) -> Mapping[str, str]:
    """Moments by the company's clock."""
    moment = timezone.localtime(export.created_at, export.tenant.zone)
    return {
        "dataset": export.dataset,
        "company": str(export.tenant.number),
        "date": f"{moment:%Y-%m-%d}",
        "time": f"{moment:%H-%M-%S}",
        "id": str(export.pk),
    }
