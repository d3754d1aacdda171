"""Answers with something that is shown once: what is kept for repeats of the request has it no more."""

from collections.abc import Set
from typing import Any, ClassVar

import orjson
from rest_framework.request import Request

from tenants.api.base import RepeatablePost
from tenants.models import StoredAnswer


class ShownOnce(RepeatablePost):
    """The kept answer is sealed; even so, a repeat gets null where the first one got the secret."""

    shown_once: ClassVar[Set[str]] = frozenset({"secret"})

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        stored: StoredAnswer | None = getattr(self, "_stored", None)
        final = super().finalize_response(request, response, *args, **kwargs)
        if stored is not None and stored.body:
            answer = orjson.loads(stored.body["content"])
            hidden = dict.fromkeys(self.shown_once & answer.keys()) if isinstance(answer, dict) else {}
            if hidden:
                stored.body["content"] = orjson.dumps({**answer, **hidden}).decode()
                stored.save(update_fields=["body"])
        return final
