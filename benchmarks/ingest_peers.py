"""The peers of the ingest measurement, served by the same server at the same front as the real paths.

`/bare` answers 200 and does nothing; `/orm` is the view that one would write first: parse, check the token, insert one row.
"""

import hashlib
import json
import os
import sys

from config.asgi import application as application

# isort: split
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from config import front
from config.front import FrontRequest, FrontResponse
from config.supervisor.processes import process
from config.urls import urlpatterns
from telephony.models import CallEvent, Pbx
from telephony.models.pbx import token_digest
from tenants.scoping import all_tenants

_known: dict[str, Pbx] = {}


async def bare(request: FrontRequest) -> FrontResponse:
    return FrontResponse(200, b"{}")


@csrf_exempt
def orm(request: HttpRequest) -> HttpResponse:
    """Tokens are remembered, as at the real front: only the row is the database's."""
    fields = json.loads(request.body)
    with all_tenants():
        pbx = _find(fields.pop("Token", ""))
        if pbx is None:
            return JsonResponse({}, status=401)
        CallEvent.objects.create(
            tenant_id=pbx.tenant_id,
            pbx=pbx,
            kind="start",
            unique_id=fields["UniqueId"],
            linked_id=fields["LinkedId"],
            payload=fields,
            digest=hashlib.sha256(request.body).digest(),
            address=request.META["REMOTE_ADDR"],
            created_at=timezone.now(),
        )
    return JsonResponse({})


def _find(token: str) -> Pbx | None:
    if token not in _known:
        found = Pbx.objects.filter(token_digest=token_digest(token), is_enabled=True).first()
        if found is None:
            return None
        _known[token] = found
    return _known[token]


front.register("/bare", bare)
urlpatterns.insert(0, path("orm", orm))


def main() -> None:
    """Become the web process with this application in the place of the real one: same server, same flags."""
    command = [
        "benchmarks.ingest_peers:application" if word == "config.asgi:application" else word
        for word in process("web").command
    ]
    os.execv(sys.executable, command)


if __name__ == "__main__":
    main()
