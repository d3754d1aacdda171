"""A state as a word in the tone of its meaning, the same on every page."""

from typing import Literal

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString

Tone = Literal["good", "warn", "bad", "quiet"]


def badge(text: str | Promise, tone: Tone = "quiet") -> SafeString:
    return format_html('<span class="sb-badge" data-tone="{}">{}</span>', tone, text)
