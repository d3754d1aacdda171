"""What somebody would enter for each paging style of the made-up system."""

from typing import Any

STYLES: dict[str, dict[str, Any]] = {
    "all": {"paging": "none", "items": ""},
    "page": {
        "paging": "page",
        "items": "data",
        "page_parameter": "page",
        "size_parameter": "limit",
        "total_field": "meta.total",
    },
    "offset": {
        "paging": "offset",
        "items": "result.items",
        "page_parameter": "offset",
        "size_parameter": "limit",
    },
    "cursor": {
        "paging": "cursor",
        "items": "items",
        "page_parameter": "after",
        "size_parameter": "limit",
        "next_field": "paging.next",
    },
    "link": {"paging": "link", "items": "", "size_parameter": "limit"},
    "next": {
        "paging": "next_url",
        "items": "value",
        "size_parameter": "limit",
        "next_field": "@odata.nextLink",
    },
}


def kind_row(
    style: str = "cursor", kind: str = "contact", collection: str = "contacts", **values: Any
) -> Any:
    return {
        "kind": kind,
        "list_path": f"/{style}/{collection}",
        "updated_field": "updated_at",
        "since_parameter": "updated_since",
        "object_path": f"/{collection}/{{id}}",
        "object_in": "data",
        "create_path": f"/{collection}",
        "update_path": f"/{collection}/{{id}}",
        "is_deletable": True,
        **STYLES[style],
        **values,
    }


def settings_of(url: str, *rows: Any, **values: Any) -> dict[str, Any]:
    return {"url": f"{url}/api", "kinds": list(rows) or [kind_row()], **values}
