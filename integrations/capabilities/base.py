"""The root of all capabilities, and what several of them share: repeat policy and mapping issues."""

from abc import ABC
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from django.utils.functional import Promise

Text = str | Promise
"""A string for people: translated already, or lazily."""


class Capability(ABC):
    """One thing that an outside system can do for us; a connector's session inherits those that it has."""

    code: ClassVar[str]
    """Short stable name, used in manifests, the API and the database."""
    title: ClassVar[Text]
    """What staff read in the catalogue."""


class Repeat(StrEnum):
    """May a call be sent again after it failed?"""

    ALWAYS = "always"
    """The other side recognises the repetition: nothing is doubled."""
    IF_UNSENT = "if_unsent"
    """Only when it is certain that the first one was not acted on."""
    NEVER = "never"


class MappingKind(StrEnum):
    """What it is of ours that the outside system does not know."""

    EXTENSION = "extension"
    USER = "user"
    SITE = "site"


@dataclass(frozen=True, slots=True)
class MappingIssue:
    """Something we named that the outside system does not know, for example an extension without a user."""

    kind: MappingKind
    value: str
