"""Every simulator goes wrong on order: in its system's own words, with lists that change, and with a clock of its own."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import pairwise

import pytest
import requests
from django.conf import settings

from integrations.management.commands.simulate import discover, made, usual_options
from tenants.simulation import Fault, Kind

STIRS = (Kind.INSERTED, Kind.REMOVED, Kind.MOVED)
# The list that is asked for, by system; with what is sent along.
LISTS = {
    "amocrm": ("GET", "/api/v4/contacts", None),
    "bitrix24": ("POST", "/rest/1/simulator-webhook-secret/crm.item.list", {"entityTypeId": 3}),
    "ozon": ("POST", "/v3/product/list", {"filter": {}, "limit": 100}),
    "planfix": ("POST", "/rest/user/list", {"fields": "id", "pageSize": 100}),
    "rest": ("GET", "/api/page/contacts", None),
    "retailcrm": ("GET", "/api/v5/customers", None),
}
KEYS = {
    "amocrm": {"Authorization": "Bearer simulator-long-lived-token"},
    "ozon": {"Client-Id": "15", "Api-Key": "simulator-key"},
    "planfix": {"Authorization": "Bearer simulator-rest-token"},
    "rest": {"Authorization": "Bearer simulator-rest-key"},
    "retailcrm": {"X-API-KEY": "simulator-key"},
}
# What that system says of too many requests, and of a key that holds no longer.
WORDS = {
    "amocrm": ((429, "429 Too Many Requests"), (401, "Unauthorized")),
    "bitrix24": ((503, "QUERY_LIMIT_EXCEEDED"), (401, "INVALID_CREDENTIALS")),
    "ozon": ((429, "rate limit per second"), (403, "Api-Key is deactivated")),
    "planfix": ((429, "Too many requests"), (401, "Invalid token")),
    "rest": ((429, "too many requests"), (401, "unauthorized")),
    "retailcrm": ((503, "503 Service Temporarily Unavailable"), (403, 'Wrong \\"apiKey\\" value.')),
    "telegram": ((429, '"retry_after": 2'), (401, "Unauthorized")),
    "receiver": ((429, "too many requests"), (401, "unauthorized")),
}


@pytest.fixture(params=sorted(discover()))
def simulator(request):
    kind = discover()[request.param]
    options = usual_options(kind) | {
        "host": "127.0.0.1",
        "port": 0,
        "no_rate_limit": True,
        "fail": [],
        "seed": 1,
    }
    with made(kind, options).running() as running:
        yield running


def ask(simulator):
    method, path, body = LISTS.get(simulator.name, ("GET", "/x", None))
    return requests.request(
        method, simulator.url + path, json=body, headers=KEYS.get(simulator.name), timeout=5
    )


def listed(simulator):
    """What the answer says, but for the time that Bitrix24 tells with it."""
    return {**ask(simulator).json(), "time": ""}


def test_every_system_has_its_own_words(simulator):
    """Those that are not named here speak as the base does, or their own tests say how."""
    known = WORDS.get(simulator.name, ((429, ""), (401, "")))
    for kind, (status, words) in zip(("excess", "revoked"), known, strict=True):
        simulator.fail_next(kind)
        answer = ask(simulator)
        assert (answer.status_code, words in answer.text) == (status, True), answer.text


def test_what_is_listed_changes_behind_the_page(simulator):
    if simulator.name not in LISTS:
        assert not simulator.stirs()
        return
    assert ask(simulator).status_code == 200
    pages = [listed(simulator)]
    for way in STIRS:
        simulator.fail_next(way.value)
        assert listed(simulator) == pages[-1]  # the page itself is a proper one
        pages.append(listed(simulator))
    changed = [one != other for one, other in pairwise(pages)]
    assert changed[:2] == [True, True]
    # A product's place in Ozon's list is that of its id, whatever happens to it.
    assert changed[2] or simulator.name in ("ozon", "rest")


def test_its_clock_can_be_wrong(simulator):
    simulator.fail("skew", seconds=3600)

    told = parsedate_to_datetime(ask(simulator).headers["Date"])

    assert 3590 < (told - datetime.now(UTC)).total_seconds() < 3610


def test_orders_are_given_on_the_command_line():
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "simulate", "ozon"]
    orders = ["--fail", "excess,times=1", "--fail", "revoked,skip=1,share=0.999", "--seed", "3"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen([*command, *orders], stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            url = re.search(r"http://\S+", process.stdout.readline())[0]
            method, path, body = LISTS["ozon"]
            found = [
                requests.request(method, url + path, json=body, headers=KEYS["ozon"], timeout=5).status_code
                for _ in range(4)
            ]
            assert found == [429, 200, 403, 403]
            faults = requests.get(f"{url}/_control/faults", timeout=5).json()["faults"]
            assert [(one["kind"], one["times"]) for one in faults] == [("revoked", None)]
        finally:
            process.kill()


def test_what_a_system_cannot_do_is_said():
    with pytest.raises(ValueError, match="telegram has no lists"):
        made(
            discover()["telegram"],
            usual_options(discover()["telegram"])
            | {"host": "127.0.0.1", "port": 0, "seed": None, "fail": [Fault(Kind.MOVED)]},
        )
