"""Snippets are run by their own interpreters: they take the true bytes and refuse changed ones."""

import re
import shutil
import subprocess
import sys
from base64 import b64encode

import pytest

from tenants.errors import ConfigError
from webhooks.actions.rotate_secret import rotate_secret
from webhooks.models import Endpoint, EndpointSecret
from webhooks.snippets import LANGUAGES, NothingToVerify, failing_sample, snippet
from webhooks.snippets.sample import Sample
from webhooks.snippets.write import PLACEHOLDER
from webhooks.tests.factories import deliver, make_endpoint, make_event

CUSTOM = {
    "scheme": "custom",
    "header": "X-Sign",
    "value": 'k="1";{timestamp};{signatures};end',
    "entry": "s={signature}",
    "signed": "{id}|{timestamp}|{body}|end",
    "algorithm": "sha512",
    "encoding": "base64",
    "key": "base64",
}
SCHEMES = {
    "standard": {},
    "github": {"scheme": "github"},
    "stripe": {"scheme": "stripe"},
    "shopify": {"scheme": "shopify"},
    "token": {"scheme": "token"},
    "custom": CUSTOM,
    "sha1": {"scheme": "custom", "algorithm": "sha1", "value": "{id}-{signature}"},
}
# Our own interpreter: it has the package `cryptography`, which a receiver with Ed25519 needs in Python.
COMMANDS = {"python": [sys.executable], "node": ["node"], "php": ["php"], "go": ["go", "run"]}


def run(language, program, folder):
    """What it prints."""
    command = COMMANDS[language]
    if shutil.which(command[0]) is None:
        pytest.fail(
            f"No {command[0]}. `make test` installs it; or: apt-get install nodejs php-cli golang-go",
            pytrace=False,
        )
    file = folder / f"snippet.{LANGUAGES[language].ending}"
    file.write_text(program, encoding="utf-8")
    environment = {
        "PATH": "/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder.parent),
        "GOFLAGS": "-mod=mod",
    }
    done = subprocess.run([*command, str(file)], capture_output=True, text=True, timeout=100, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def refused(tenant, settings):
    """An endpoint of a scheme whose newest delivery failed, and its secret."""

    def make(signing) -> tuple[Endpoint, str]:
        settings.EGRESS_ALLOW = ["127.0.0.0/8:9"]
        endpoint, secret = make_endpoint(tenant, "http://127.0.0.1:9/", signing=signing, retries="none")
        make_event(tenant, name='Имя "✓" \\ $x {y}')
        deliver()
        return endpoint, secret

    return make


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("language", COMMANDS)
def test_it_takes_the_real_failing_delivery_and_refuses_a_changed_one(refused, language, scheme, tmp_path):
    endpoint, secret = refused(SCHEMES[scheme])
    sample = failing_sample(endpoint)
    assert sample.is_failed
    program = snippet(endpoint, language, sample)

    # The secret is the reader's to put in.
    assert secret not in program
    true = program.replace(PLACEHOLDER, secret)
    assert run(language, true, tmp_path) == "genuine"
    if scheme == "token":
        changed = true.replace(secret, secret[:-3] + "abc", 1)
    else:
        body = sample.body.replace(b"gone", b"gonE")
        assert body != sample.body
        changed = true.replace(b64encode(sample.body).decode(), b64encode(body).decode())
    assert changed != true
    assert run(language, changed, tmp_path) == "forged"


@pytest.mark.parametrize("scheme", [name for name in SCHEMES if name != "custom"])
def test_the_one_for_1c_holds_this_endpoints_names_and_bytes(refused, scheme):
    endpoint, secret = refused(SCHEMES[scheme])
    sample = failing_sample(endpoint)

    program = snippet(endpoint, "bsl", sample)

    assert "@@" not in program
    assert secret not in program
    # Nothing here can run it: at least every block that begins also ends.
    for begin, end in (("Функция", "КонецФункции"), ("Если", "КонецЕсли"), ("Для", "КонецЦикла")):
        assert len(re.findall(rf"^\s*{begin} ", program, re.M)) == len(
            re.findall(rf"^\s*{end};?$", program, re.M)
        )
    header = "webhook-signature" if scheme == "standard" else SCHEMES[scheme].get("header", "")
    assert header.lower() in program
    if scheme != "token":
        assert b64encode(sample.body).decode()[:60] in program


def test_what_a_language_cannot_do_is_said(tenant):
    endpoint, _secret = make_endpoint(tenant, signing=CUSTOM)

    with pytest.raises(ConfigError, match="sha512"):
        snippet(endpoint, "bsl", failing_sample(endpoint))


@pytest.mark.parametrize("values", [{"signing": {"scheme": "none"}}, {"format": "slack"}])
def test_where_nothing_is_signed_there_is_nothing_to_verify(tenant, values):
    endpoint, _secret = make_endpoint(tenant, **values)

    with pytest.raises(NothingToVerify):
        snippet(endpoint, "python", failing_sample(endpoint))


def test_without_a_failed_delivery_there_is_an_example(tenant, tmp_path):
    endpoint, secret = make_endpoint(tenant)
    sample = failing_sample(endpoint)

    program = snippet(endpoint, "python", sample).replace(PLACEHOLDER, secret)

    assert not sample.is_failed
    assert "# An example." in program
    assert run("python", program, tmp_path) == "genuine"


def test_during_a_rotation_either_secret_verifies(refused, tmp_path):
    endpoint, secret = refused({})
    sample = failing_sample(endpoint)
    both = sample.headers["webhook-signature"] + " v1,AAAA"
    mixed = Sample({**sample.headers, "webhook-signature": both}, sample.body, True)

    assert (
        run("python", snippet(endpoint, "python", mixed).replace(PLACEHOLDER, secret), tmp_path) == "genuine"
    )
    assert EndpointSecret.objects.count() == 1


ED25519 = {"scheme": "ed25519"}


@pytest.mark.parametrize("language", COMMANDS)
def test_with_a_public_key_it_runs_as_it_is_and_refuses_changed_bytes(refused, language, tmp_path):
    endpoint, _secret = refused(ED25519)
    sample = failing_sample(endpoint)
    assert sample.is_failed
    program = snippet(endpoint, language, sample)

    assert run(language, program, tmp_path) == "genuine"
    assert "whsk_" not in program
    body = sample.body.replace(b"gone", b"gonE")
    assert body != sample.body
    changed = program.replace(b64encode(sample.body).decode(), b64encode(body).decode())
    assert run(language, changed, tmp_path) == "forged"


@pytest.mark.parametrize("language", COMMANDS)
@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ("", "forged"),
        ("v1a,", "forged"),
        ("v1a,not/base64!", "forged"),
        ("v1a,AAAA", "forged"),
        ("{v1} {v1a}", "genuine"),
        ("{other} {v1a}", "genuine"),
    ],
)
def test_with_a_public_key_hostile_headers_are_forged_and_neighbours_do_no_harm(
    refused, language, given, answer, tmp_path
):
    endpoint, _secret = refused(ED25519)
    sample = failing_sample(endpoint)
    true = sample.headers["webhook-signature"]
    other = "v1a," + b64encode(bytes(64)).decode()
    text = given.format(v1="v1,AAAA", v1a=true, other=other)
    mixed = Sample({**sample.headers, "webhook-signature": text}, sample.body, True)

    assert run(language, snippet(endpoint, language, mixed), tmp_path) == answer


def test_both_public_keys_of_a_rotation_stand_in_it(refused, tmp_path):
    endpoint, _secret = refused(ED25519)
    sample = failing_sample(endpoint)
    rotate_secret(endpoint)

    program = snippet(endpoint, "node", sample)

    assert program.count("whpk_") == 3  # two keys, and the prefix that is cut off
    assert run("node", program, tmp_path) == "genuine"


def test_1c_cannot_and_says_what_to_do(refused):
    endpoint, _secret = refused(ED25519)

    with pytest.raises(ConfigError, match=r"no Ed25519 of its own.*whpk_"):
        snippet(endpoint, "bsl", failing_sample(endpoint))
