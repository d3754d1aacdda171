"""What is presented is compared with a secret in constant time, or found by its digest: no answer's time tells how much was right."""

import ast
import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from config.env import BASE_DIR
from tenants.models.oauth import secret_digest
from tenants.oauth import Validator
from tenants.tests import test_signatures
from webhooks.presets import PRESETS
from webhooks.tests import test_presets
from webhooks.tests.senders import another_secret, secret_of, signed

signer = test_signatures.signer
ROOMS = ("config", "tenants", "webhooks", "integrations", "telephony", "exports")
# Names of what must not be compared with == or !=.
SECRET = ("secret", "signature", "password", "token", "api_key", "mac", "hmac")
# What the operator's own file or command line says, compared with what is stored: nobody waits for the answer.
ALLOWED = {
    "webhooks/configuration/endpoints.py",
    "webhooks/configuration/sources.py",
    "telephony/configuration.py",
    "telephony/management/commands/replay.py",
}


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was given to `hmac.compare_digest`."""
    seen: list[Any] = []
    real = hmac.compare_digest

    def watch(one: Any, other: Any) -> bool:
        seen.extend((one, other))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watch)
    return seen


# What a public key proves is no secret: there is nothing to compare.
@pytest.mark.parametrize("name", [name for name, one in PRESETS.items() if one.certificate is None])
@pytest.mark.parametrize("is_right", [True, False])
def test_what_a_sender_presents(name: str, is_right: bool, compared: list[Any]) -> None:
    presented = secret_of(name) if is_right else another_secret(name)
    headers = signed(name, presented, at=test_presets.NOW)
    compared.clear()

    query = f"token={presented}" if PRESETS[name].is_token else ""
    reason = test_presets.reason(name, headers, query=query)

    assert reason == ("" if is_right else "signature_wrong")
    assert len(compared) >= 2


@pytest.mark.parametrize("presented", ["right", "wrong", ""])
def test_a_clients_secret(presented: str, compared: list[Any]) -> None:
    stored = secret_digest("right")

    assert Validator()._check_secret(presented, stored) is (presented == "right")
    assert compared == [secret_digest(presented), stored]


def test_a_signed_request(signer: Any, compared: list[Any]) -> None:
    headers = test_signatures.signed(signer, "GET", "/api/v1/me", b"")
    compared.clear()

    answer = Client().generic("GET", "/api/v1/me", b"", headers=headers)

    assert answer.status_code == 200
    assert [len(one) for one in compared] == [32, 32]


def test_no_other_comparison_of_secrets() -> None:
    found = [
        f"{path.relative_to(BASE_DIR)}:{line}: {text}"
        for room in ROOMS
        for path in sorted((BASE_DIR / room).rglob("*.py"))
        if "tests" not in path.parts and "migrations" not in path.parts
        for line, text in comparisons(path)
    ]

    assert [one for one in found if one.partition(":")[0] not in ALLOWED] == []


@pytest.mark.parametrize(
    "code", ["if given == self.secret: pass", "x = signature != wanted", "token == row.token"]
)
def test_the_search_finds(code: str, tmp_path: Path) -> None:
    file = tmp_path / "code.py"
    file.write_text(code)

    assert len(list(comparisons(file))) == 1


def comparisons(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            sides = [node.left, *node.comparators]
            if any(isinstance(side, ast.Constant) for side in sides):
                continue
            if any(_name(side).endswith(SECRET) for side in sides):
                yield node.lineno, ast.unparse(node)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
