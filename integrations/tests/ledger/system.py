"""A connector for the made-up bookkeeping system; each test may change its manifest."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from integrations.capabilities import Account, Check, CheckState, Diagnosis, OutsideUser, Repeat
from integrations.connector import Connector, Session
from integrations.fields import Field, FieldType, account_address
from integrations.http.auth import OAuth2
from integrations.http.messages import Request
from integrations.manifest import Category, Manifest, RateLimit
from tenants.errors import HubError

ME = Request(method="GET", path="/api/me", operation="me", repeat=Repeat.ALWAYS)
ENTRY = Request(method="POST", path="/api/entries", operation="entry", json={"sum": "10.00"})
CODE = OAuth2(
    authorize_url="{base}/authorize", token_url="{base}/token", scopes=("read", "write"), kept=("books",)
)


class LedgerSession(Session, Account):
    def test_connection(self) -> Diagnosis:
        try:
            self.http.call(ME)
        except HubError as error:
            return Diagnosis("No.", (Check("Access", CheckState.FAILED, str(error)),))
        return Diagnosis("Yes.", (Check("Access", CheckState.PASSED),))

    def list_users(self) -> Iterator[OutsideUser]:
        yield OutsideUser("7", self.http.call(ME).json_object()["name"])


class _Connector(Connector):
    logo_svg = "<svg></svg>"

    def readme(self, language: str) -> str:
        return "# Ledger"


def ledger(auth: Any = CODE, **changes: Any) -> Connector:
    """The connector, with that scheme."""
    manifest = Manifest(
        code="ledger",
        name="Ledger",
        category=Category.ERP,
        summary="Books.",
        docs_url="https://ledger.example.com/docs",
        capabilities=(Account,),
        base_url_setting="url",
        settings=(Field("url", "Address", FieldType.URL, validator=account_address),),
        credentials=(
            Field("client_id", "Client id", FieldType.TEXT, required=False),
            Field("client_secret", "Client secret", FieldType.SECRET, required=False),
            Field("long_lived", "Token", FieldType.SECRET, required=False),
        ),
        rate_limits=(RateLimit("default", per_second=1000, burst=1000),),
        auth=auth,
    )
    return _Connector(replace(manifest, **changes), LedgerSession)


def as_registry(connector: Connector, others: Mapping[str, Connector]) -> Mapping[str, Connector]:
    """The catalogue with it."""
    return MappingProxyType({**others, connector.code: connector})
