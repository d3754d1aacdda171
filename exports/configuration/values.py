"""Values of the file without their places."""

from typing import Any

from tenants.configuration.reading import Block, Fraction, Number


def plain(value: Any) -> Any:
    """As JSON would have it; numbers that remember how they were written are numbers."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, Number):
        return int(value)
    return float(value) if isinstance(value, Fraction) else value


def texts(value: Any) -> Any:
    """Whose every value is meant as a text: format options are."""
    if not isinstance(value, dict):
        return value
    return {str(key): getattr(inner, "source", inner) for key, inner in value.items()}


def asked_of(block: Block, keys: tuple[str, ...]) -> dict[str, Any]:
    """Columns, filters and options, as they are stored; what is wrong with them the model says."""
    read = {"options": texts, "filters": plain, "columns": plain}
    empty: dict[str, Any] = {"options": {}, "filters": {}, "columns": []}
    return {key: read[key](block[key]) or empty[key] for key in keys if key in block and key in read}
