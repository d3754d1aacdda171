"""Days and times as people type them: as the standard writes them, or as their language does."""

from datetime import date, time

from django import forms
from django.utils.dateparse import parse_date


def typed_day(text: str) -> date:
    """ValidationError or ValueError for what is no day."""
    return parse_date(text) or forms.DateField(localize=True).clean(text)


def typed_time(text: str) -> time:
    """ValidationError for what is no time."""
    return forms.TimeField(localize=True).clean(text)
