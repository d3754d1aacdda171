"""README and docs say what is so: their links, commands, scenarios, names of the environment and samples."""

import argparse
import ast
import configparser
import importlib.util
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import BaseCommand, call_command, get_commands, load_command_class
from standardwebhooks import WebhookVerificationError

from telephony.scenarios import names
from tenants.models import Tenant
from tests import documents
from tests.documents import BASE_DIR, Block
from webhooks.signing import signature_header, signing_key

# Only for tests: an operator has nothing to choose here.
NOT_FOR_OPERATORS = {"WAKE_WORKERS"}
DJANGO = "manage.py"


def ids(value: object) -> str:
    return str(value)


def test_there_are_documents() -> None:
    found = {documents.name(path) for path in documents.paths()}

    assert {"README.md", "docs/operations.md", "exports/README.md"} <= found


def test_every_link_leads_somewhere() -> None:
    missing = [
        f"{documents.name(path)}: {target}"
        for path, target in documents.links()
        if not target.startswith(("http://", "https://", "#"))
        and not (path.parent / target.partition("#")[0]).exists()
    ]

    assert missing == []


def test_every_part_of_a_page_that_is_linked_exists() -> None:
    missing = [
        f"{documents.name(path)}: {target}"
        for path, target in documents.links()
        if "#" in target and not target.startswith("http") and not _has_anchor(path, target)
    ]

    assert missing == []


def _has_anchor(path: Path, target: str) -> bool:
    file, _hash, anchor = target.partition("#")
    headings = re.findall(r"^#+ (.+)$", ((path.parent / file) if file else path).read_text(), re.MULTILINE)
    return anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_room_and_document_is_on_the_map() -> None:
    readme = (BASE_DIR / "README.md").read_text()
    rooms = {path.parent.name for path in BASE_DIR.glob("*/apps.py")}
    pages = {documents.name(path) for path in BASE_DIR.glob("docs/*.md")}

    assert {room for room in rooms if f"| `{room}` |" not in readme} == set()
    assert {page for page in pages if f"]({page})" not in readme} == set()


MANAGE = list(documents.commands(DJANGO))


@pytest.mark.parametrize(("where", "arguments", "is_whole"), MANAGE, ids=ids)
def test_every_management_command_exists_and_takes_these_arguments(
    where: str, arguments: list[str], is_whole: bool
) -> None:
    command = _command(arguments[0])
    parser = command.create_parser(DJANGO, arguments[0])

    if is_whole:
        parsed = parser.parse_args([_plain(one) for one in arguments[1:] if one != "--help"])
        assert set(getattr(parsed, "scenario", [])) <= set(names())
    else:
        options = {one for one in arguments[1:] if one.startswith("--")}
        assert options <= _options(parser)


def _command(name: str) -> BaseCommand:
    assert name in get_commands(), name
    app = get_commands()[name]
    return app if isinstance(app, BaseCommand) else load_command_class(app, name)


def _plain(argument: str) -> str:
    return "web" if argument in ("NAME", "%i") else argument


def _options(parser: argparse.ArgumentParser) -> set[str]:
    found = set(parser._option_string_actions)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found |= {option for one in action.choices.values() for option in _options(one)}
    return found


def test_commands_were_found_at_all() -> None:
    assert {arguments[0] for _where, arguments, _is_whole in MANAGE} >= {"replay", "apply", "dump", "prepare"}


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (BASE_DIR / "Makefile").read_text(), re.MULTILINE))
    named = {
        word
        for _where, arguments, _is_whole in documents.commands("make")
        for word in arguments
        if "=" not in word
    }

    assert named
    assert named <= targets


def test_every_program_of_the_environment_exists() -> None:
    text = "\n".join(path.read_text() for path in documents.paths())
    named = set(re.findall(r"\.venv/bin/([\w-]+)", text))
    scripts = set(re.findall(r"(?<![\w/])((?:scripts|\.ci)/[\w-]+)", text))

    assert {one for one in named if not (Path(sys.executable).parent / one).exists()} == set()
    assert {one for one in scripts if not (BASE_DIR / one).exists()} == set()


@pytest.mark.parametrize(
    ("where", "arguments"),
    [(where, found) for where, found, _whole in documents.commands("python -m") if found[0] != "venv"],
    ids=ids,
)
def test_every_module_that_one_may_run_exists_and_takes_these_options(
    where: str, arguments: list[str]
) -> None:
    module, *rest = arguments
    assert importlib.util.find_spec(module), module

    options = {one for one in rest if one.startswith("--") and len(one) > 2}
    if options:
        ran = subprocess.run(
            [sys.executable, "-m", module, "--help"], cwd=BASE_DIR, capture_output=True, text=True, check=True
        )
        assert {one for one in options if not re.search(rf"{re.escape(one)}\b", ran.stdout)} == set()


def _example() -> dict[str, str]:
    """.env.example: name -> default as written."""
    lines = (BASE_DIR / ".env.example").read_text().splitlines()
    return dict(found.groups() for line in lines if (found := re.fullmatch(r"#([A-Z_]+)=(.*)", line)))  # type: ignore[misc]


def _read_by_the_code() -> dict[str, ast.expr | None]:
    """Every name that the code takes from the environment -> its default."""
    found: dict[str, ast.expr | None] = {}
    for path in [path for room in BASE_DIR.glob("*/__init__.py") for path in room.parent.rglob("*.py")]:
        if "tests" not in path.parts and "benchmarks" not in path.parts:
            for name, default in _read_by(ast.parse(path.read_text())):
                found[name] = found.get(name) or default
    return {
        name: default for name, default in found.items() if not name.startswith(("SWITCHBOARD_", "DJANGO_"))
    }


def _read_by(tree: ast.Module) -> Iterator[tuple[str, ast.expr | None]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
            continue
        source, first = ast.unparse(node.func.value), node.args[0]
        if source not in ("env", "os.environ") or not isinstance(first, ast.Constant):
            continue
        if isinstance(first.value, str) and re.fullmatch("[A-Z_]+", first.value):
            keyword = next((one.value for one in node.keywords if one.arg == "default"), None)
            yield first.value, keyword if keyword or len(node.args) < 2 else node.args[1]


def test_the_example_of_the_environment_has_every_name_that_the_code_reads() -> None:
    ignored = NOT_FOR_OPERATORS | {"NO_COLOR"}  # a convention of all terminals

    assert set(_example()) == set(_read_by_the_code()) - ignored


def test_the_operations_page_has_every_name_of_the_environment() -> None:
    page = (BASE_DIR / "docs" / "operations.md").read_text().partition("## Every name")[2]
    named = set(re.findall(r"`([A-Z_]+)`", page.split("\n## ")[0]))

    assert named == set(_example())


def test_the_example_of_the_environment_shows_the_defaults() -> None:
    example = _example()
    wrong = {
        name: (example[name], value)
        for name, default in _read_by_the_code().items()
        if name in example and (value := _value(default)) is not None and _shown(value) != example[name]
    }

    assert wrong == {}


def _value(default: ast.expr | None) -> Any:
    """A default that needs nothing else to be known; None for the others."""
    if default is None or any(isinstance(node, ast.Name) for node in ast.walk(default)):
        return None
    return eval(ast.unparse(default), {"__builtins__": {}})


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return (
        ",".join(value)
        if isinstance(value, list)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


@pytest.mark.parametrize("block", documents.blocks("json"), ids=ids)
def test_json_samples_are_json(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", documents.blocks("yaml"), ids=ids)
def test_yaml_samples_are_yaml(block: Block) -> None:
    assert yaml.safe_load(block.text)


@pytest.mark.parametrize("block", documents.blocks("python"), ids=ids)
def test_python_samples_compile(block: Block) -> None:
    compile(block.text, str(block), "exec")


@pytest.mark.parametrize("block", documents.blocks("sh", "bash"), ids=ids)
def test_shell_samples_parse(block: Block) -> None:
    subprocess.run(["bash", "-n"], input=block.text.encode(), check=True)


@pytest.mark.parametrize("block", documents.blocks("ini"), ids=ids)
def test_units_of_systemd_have_a_program(block: Block) -> None:
    unit = configparser.RawConfigParser(strict=True)
    unit.read_string(block.text)

    assert "manage.py" in unit["Service"]["ExecStart"]


def test_fences_name_their_language_or_nothing_that_we_would_check() -> None:
    """A sample in a language without a check of its own is seen here, so that none is forgotten."""
    # That of Asterisk: tests/asterisk installs it and places calls.
    known = {"json", "yaml", "python", "sh", "bash", "ini", "nginx", "asterisk", ""}
    used = {
        language
        for path in documents.paths()
        for language in re.findall(r"^ *```(\w+)$", path.read_text(), re.MULTILINE)
    }

    assert used <= known


@pytest.mark.django_db
def test_the_sample_of_configuration_as_code_can_be_applied(tmp_path: Path) -> None:
    [sample] = [one for one in documents.blocks("yaml") if one.document == "docs/configuration.md"]
    file = tmp_path / "company.yaml"
    file.write_text(sample.text)

    call_command("apply", str(file), "--dry-run", verbosity=0)
    call_command("apply", str(file), verbosity=0)

    assert Tenant.objects.filter(number="0367", name="June").count() == 1


def test_the_sample_of_checking_a_signature_accepts_what_we_send() -> None:
    """Run as it stands in the document, with the secret and the request put in its places."""
    [sample] = [one for one in documents.blocks("python") if one.document == "docs/webhooks.md"]
    secret = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body, now = b'{"type": "call.ended"}', int(time.time())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": signature_header([signing_key(secret)], "msg_1", now, body),
    }

    code = sample.text.replace("whsec_…", secret)
    exec(compile(code, str(sample), "exec"), {"body": body, "headers": headers})
    with pytest.raises(WebhookVerificationError):
        exec(compile(code, str(sample), "exec"), {"body": body + b" ", "headers": headers})
