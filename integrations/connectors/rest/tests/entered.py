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

GRAPHQL = """
query($first: Int!, $after: String, $since: String) {
  {many}(first: $first, after: $after, since: $since) {
    nodes { id updated_at n name touched } pageInfo { endCursor hasNextPage } totalCount
  }
}
"""


def graphql_row(kind: str = "contact", **values: Any) -> Any:
    """A kind that is read by GraphQL."""
    many = f"{kind}s"
    return {
        "kind": kind,
        "list_path": "/graphql",
        "query": GRAPHQL.replace("{many}", many),
        "object_query": f"query($id: ID!) {{ {kind}(id: $id) {{ id updated_at n name touched }} }}",
        "object_in": f"data.{kind}",
        "items": f"data.{many}.nodes",
        "paging": "cursor",
        "page_parameter": "after",
        "size_parameter": "first",
        "next_field": f"data.{many}.pageInfo.endCursor",
        "more_field": f"data.{many}.pageInfo.hasNextPage",
        "total_field": f"data.{many}.totalCount",
        "updated_field": "updated_at",
        "since_parameter": "since",
        **values,
    }


CREATES = """
mutation Make($input: {One}Input!) {
  create{One}(input: $input) { {one} { id updated_at } userErrors { field message } }
}
"""
CHANGES = """
mutation Change($id: ID!, $input: {One}Input!) {
  update{One}(id: $id, input: $input) { {one} { id updated_at } userErrors { field message } }
}
"""
FINDS = "query($key: String!) { {one}s(first: 2, externalId: $key) { nodes { id external_id } } }"


def named(text: str, kind: str) -> str:
    return text.replace("{One}", kind.title()).replace("{one}", kind)


def mutated_row(kind: str = "contact", **values: Any) -> Any:
    """A kind that is read and written by GraphQL."""
    written = {
        "body_in": "input",
        "create_query": named(CREATES, kind),
        "create_in": named("data.create{One}.{one}", kind),
        "update_query": named(CHANGES, kind),
        "update_in": named("data.update{One}.{one}", kind),
    }
    return graphql_row(kind, **{**written, **values})


def found_row(kind: str = "contact", **values: Any) -> Any:
    """One in which what was created is found by our key."""
    return mutated_row(kind, **{"find_query": named(FINDS, kind), "key_field": "external_id", **values})


def odata_row(kind: str = "contact", **values: Any) -> Any:
    """A kind as OData has it: next links, and a filter by the time of the last change."""
    return {
        **kind_row("next", kind, f"{kind}s"),
        "list_path": f"/odata/{kind}s",
        "size_parameter": "$top",
        "since_parameter": "$filter",
        "since_value": "updated_at ge {since}",
        **values,
    }


def delta_row(kind: str = "contact", **values: Any) -> Any:
    """A kind of which OData tells the changes since the last time."""
    found = {**odata_row(kind), "list_path": f"/delta/{kind}s", "delta_field": "@odata.deltaLink"}
    return {**found, "size_parameter": "", "since_parameter": "", **values}


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
