"""Documents, questions to them, and searches."""

from django.utils.translation import gettext_lazy as _

from integrations.event_types.parts import COUNT, EXTERNALLY, ID, TEXT, TIME, schema
from tenants.events import EventType, register

_DOCUMENT = schema(
    "document_id",
    "name",
    document_id=ID,
    name=TEXT,
    content_type=TEXT,
    size={**COUNT, "description": "bytes"},
    url={"type": "string", "format": "uri"},
    pages=COUNT,
    user_id=TEXT,
    shared_with={"type": "array", "items": TEXT},
    expires_at=TIME,
)
_EXAMPLE = {
    "document_id": "d-1024",
    "name": "Price list.pdf",
    "content_type": "application/pdf",
    "size": 90112,
    "user_id": "u-17",
}

register(
    EventType(
        "document.uploaded",
        _("Document uploaded"),
        _("A document was put into a system. Published by the system that keeps it."),
        _DOCUMENT,
        _EXAMPLE,
        labels=EXTERNALLY,
    ),
    EventType(
        "document.processed",
        _("Document processed"),
        _("A document was read, and can be searched and asked. Published by the system that reads it."),
        _DOCUMENT,
        {**_EXAMPLE, "pages": 12},
        labels=EXTERNALLY,
    ),
    EventType(
        "document.deleted",
        _("Document deleted"),
        _("A document was removed. Published by the system that kept it."),
        _DOCUMENT,
        _EXAMPLE,
        labels=EXTERNALLY,
    ),
    EventType(
        "document.shared",
        _("Document shared"),
        _("Others were given access to a document. Published by the system that keeps it."),
        _DOCUMENT,
        {**_EXAMPLE, "shared_with": ["boris@example.com"], "expires_at": "2026-12-01T00:00:00Z"},
        labels=EXTERNALLY,
    ),
    EventType(
        "rag.query.completed",
        _("Question answered"),
        _("A question to the documents got its answer. Published by the system that answers."),
        schema(
            "query_id",
            "question",
            query_id=ID,
            question=TEXT,
            answer=TEXT,
            sources={"type": "array", "items": {"type": "object"}},
            model=TEXT,
            duration_ms=COUNT,
            tokens=COUNT,
            user_id=TEXT,
        ),
        {
            "query_id": "q-31",
            "question": "How long is the guarantee?",
            "answer": "Two years.",
            "sources": [{"document_id": "d-1024", "page": 3}],
            "duration_ms": 840,
        },
        labels=EXTERNALLY,
    ),
    EventType(
        "search.performed",
        _("Search performed"),
        _("Somebody searched; `results` says how much was found. Published by the system that searches."),
        schema("query", "results", query=TEXT, results=COUNT, duration_ms=COUNT, user_id=TEXT),
        {"query": "lamp e27", "results": 14, "duration_ms": 35, "user_id": "u-17"},
        labels=EXTERNALLY,
    ),
)
