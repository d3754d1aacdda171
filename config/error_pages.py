"""Django's error reports, on the debug page and in mails to the operator, without secrets, in debug mode, too."""

from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from config.masking import MASK, is_secret_header, is_secret_name, masked, masked_value

_TEXTS = ("exception_value", "exception_notes", "request_insecure_uri", "user_str")
_PAIRS = ("request_GET_items", "request_COOKIES_items", "filtered_POST_items")


class MaskingFilter(SafeExceptionReporterFilter):
    """Settings, headers, cookies, forms and variables by the same rules as everything else."""

    cleansed_substitute = MASK

    def is_active(self, request: HttpRequest | None) -> bool:
        """Always: a debug page is shown to whoever caused it."""
        return True

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        name = str(key).removeprefix("HTTP_").replace("_", "-") if str(key).startswith("HTTP_") else str(key)
        if is_secret_name(name) or (str(key).startswith("HTTP_") and is_secret_header(name)):
            return MASK
        cleansed = super().cleanse_setting(key, value)
        return masked(cleansed) if isinstance(cleansed, str) else cleansed

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        found = super().get_post_parameters(request)
        return {name: masked_value(value, name) for name, value in dict(found).items()}

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> ItemsView[str, Any]:
        found = super().get_traceback_frame_variables(request, tb_frame)
        return {name: masked_value(value, name) for name, value in found}.items()


class MaskingReporter(ExceptionReporter):
    """What the filter is not asked about: messages of exceptions, the address, parameters, printed variables."""

    def get_traceback_data(self) -> dict[str, Any]:
        data = super().get_traceback_data()
        for name in _TEXTS:
            if isinstance(data.get(name), str):
                data[name] = masked(data[name])
        for name in _PAIRS:
            if data.get(name) is not None:
                data[name] = [(key, masked_value(value, str(key))) for key, value in data[name]]
        for frame in data.get("frames", []):
            frame["vars"] = [(name, masked(str(value))) for name, value in frame.get("vars", [])]
            for cause in ("exc_cause", "exc_notes"):
                if isinstance(frame.get(cause), str):
                    frame[cause] = masked(frame[cause])
        return data

    def get_traceback_text(self) -> SafeString:
        """Plain text can be masked once more as a whole."""
        return SafeString(masked(super().get_traceback_text()))
