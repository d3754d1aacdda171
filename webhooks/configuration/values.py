"""Values of the file without their places."""

from typing import Any


def texts(value: Any) -> Any:
    """Whose every value is meant as a text, such as those of headers."""
    if isinstance(value, dict):
        return {str(key): str(inner) for key, inner in value.items()}
    return value


def plain(value: Any) -> Any:
    """As JSON would have it, numbers and all."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    return float(value) if isinstance(value, float) else value
