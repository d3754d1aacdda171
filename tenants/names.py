"""User names: one form to compare them in, so that nobody can call himself like somebody else.

The key of a name is its NFKC form without case, with the letters that look alike in Latin, Cyrillic and Greek taken for
one another: Cyrillic "аnna" and "ANNA" are one person. Source of the letters: Unicode's confusables.txt (UTS 39), those
of the three alphabets that a user name may hold.
"""

import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

_CYRILLIC = str.maketrans("авекмнорстухіјѕһԁԛԝӏьгп", "abekmhopctyxijshdqwlbrn")
_GREEK = str.maketrans("αβεηικμνορτυχγωδ", "abenikuvoptuxywd")
# What looks alike within Latin, where the shape of a letter and a digit hardly differ.
_SHAPES = str.maketrans({"0": "o", "1": "l", "ı": "i", "ł": "l", "ø": "o", "đ": "d"})
KEY_LENGTH = 200


def normal_name(name: str) -> str:
    """How a name is stored: NFKC, as Django's forms and `createsuperuser` do it."""
    return unicodedata.normalize("NFKC", name)


def name_key(name: str) -> str:
    """What must be unique; it may be longer than the name, because ß becomes ss."""
    folded = normal_name(normal_name(name).casefold())
    plain = "".join(letter for letter in folded if unicodedata.category(letter) not in ("Cf", "Cc"))
    return plain.translate(_CYRILLIC).translate(_GREEK).translate(_SHAPES)[:KEY_LENGTH]


class NameKeyField(models.CharField[str, str]):
    """Follows the row's `username`, whoever writes it: forms, `create_user`, `bulk_create`."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options |= {"max_length": KEY_LENGTH, "editable": False}
        super().__init__(*args, **options)

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = name_key(str(model_instance.username))  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, key)
        return key


def check_name(name: str, own_id: int | None, taken: models.Manager[Any]) -> None:
    """ValidationError when somebody else has that name, or one that looks like it."""
    if taken.filter(username_key=name_key(name)).exclude(pk=own_id).exists():
        raise ValidationError(
            {"username": _("This name is taken, or looks like one that is.")}, code="look_alike"
        )
