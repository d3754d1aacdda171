"""How a request looks to its receiver: one form per endpoint, rendered once per event and stored."""

from webhooks.formats.occasion import Company, Occasion, Rendered, RenderFailed
from webhooks.formats.registry import FORMATS, Form, Format, clean_options, clean_template, form_of

__all__ = [
    "FORMATS",
    "Company",
    "Form",
    "Format",
    "Occasion",
    "RenderFailed",
    "Rendered",
    "clean_options",
    "clean_template",
    "form_of",
]
