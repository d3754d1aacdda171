"""A page that says what is about to happen and asks, so that nothing happens by a mere link."""

from collections.abc import Mapping
from typing import Any

from django.contrib.admin import ModelAdmin
from django.forms import Form
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.functional import Promise


def ask(
    page: ModelAdmin[Any],
    request: HttpRequest,
    *,
    title: str | Promise,
    text: str | Promise,
    button: str | Promise,
    back: str,
    form: Form | None = None,
    hidden: Mapping[str, Any] | None = None,
) -> TemplateResponse:
    """`hidden` values, which may be lists, come back with the POST."""
    fields = [
        (name, value)
        for name, given in (hidden or {}).items()
        for value in (given if isinstance(given, list) else [given])
    ]
    return TemplateResponse(
        request,
        "admin/webhooks/confirm.html",
        {
            **page.admin_site.each_context(request),
            "opts": page.opts,
            "title": title,
            "text": text,
            "button": button,
            "back": back,
            "form": form,
            "hidden": fields,
        },
    )


def ask_about_chosen(
    page: ModelAdmin[Any], request: HttpRequest, *, title: str | Promise, text: str | Promise, action: str
) -> TemplateResponse:
    """The same for an action on the chosen rows of a list; it comes back with `confirmed` in the POST."""
    hidden = {
        "action": action,
        "confirmed": "1",
        "select_across": request.POST.get("select_across", "0"),
        "_selected_action": request.POST.getlist("_selected_action"),
    }
    back = request.get_full_path()
    return ask(page, request, title=title, text=text, button=title, back=back, hidden=hidden)
