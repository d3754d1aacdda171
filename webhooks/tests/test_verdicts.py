"""The table of replies and what follows, on its edges."""

from email.utils import formatdate
from time import time

import pytest

from webhooks.lanes.verdicts import judge, retry_after
from webhooks.limits import SCHEDULE, schedule
from webhooks.reasons import WORDS, explained
from webhooks.sender import Reply, Request
from webhooks.sender.failures import _NAMES


def reply(status=200, error="", headers=b"", body=b""):
    request = Request(None, "", "", list, b"", 1, 1)
    return Reply(request, [], 0.0, error, "", status, headers, body, False, 0, 0, 0, 0, 0, False)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_success(status):
    assert judge(reply(status), 1, SCHEDULE) == (True, "", None)


@pytest.mark.parametrize(
    ("made", "reason", "most_tries"),
    [
        (reply(500), "server_error", 10),
        (reply(502), "server_error", 10),
        (reply(408), "server_error", 10),
        (reply(425), "rate_limited", 10),
        (reply(429), "rate_limited", 10),
        (reply(302), "redirect", 3),
        (reply(403), "unauthorized", 3),
        (reply(413), "too_large", 3),
        (reply(418), "rejected", 3),
        (reply(199), "unexpected_status", 3),
        (reply(600), "unexpected_status", 3),
        (reply(410), "gone", 1),
        (reply(508), "loop", 1),
        (reply(0, "target_not_allowed"), "target_not_allowed", 1),
        (reply(0, "dns"), "dns", 10),
        (reply(200, "timeout"), "timeout", 10),
        (reply(0, "tls_certificate"), "tls_certificate", 10),
    ],
)
def test_failures_are_tried_so_often(made, reason, most_tries):
    verdicts = [judge(made, tries, SCHEDULE) for tries in range(1, most_tries + 1)]

    assert {verdict.reason for verdict in verdicts} == {reason}
    assert [verdict.delay is None for verdict in verdicts] == [False] * (most_tries - 1) + [True]
    for planned, verdict in zip(SCHEDULE, verdicts[:-1], strict=False):
        assert planned <= verdict.delay <= planned * 1.2  # type: ignore[operator]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"Retry-After: 120", 120),
        (b"retry-after:7", 7),
        (b"Retry-After: -5", None),
        (b"Retry-After: soon", None),
        (b"Retry-After: \xb2", None),
        (b"Retry-After: 99999999999999999999", 9999999999),
        (b"X-Other: 1", None),
        (b"Retry-After: Mon, 99 Foo 2026 00:00:00 GMT", None),
    ],
)
def test_retry_after_in_seconds(header, expected):
    assert retry_after(b"HTTP/1.1 503 No\r\n" + header + b"\r\n\r\n") == expected


def test_retry_after_as_a_date():
    later = retry_after(b"Retry-After: " + formatdate(time() + 500, usegmt=True).encode())
    past = retry_after(b"Retry-After: " + formatdate(time() - 500, usegmt=True).encode())

    assert 495 < later <= 500  # type: ignore[operator]
    assert past == 0


@pytest.mark.parametrize(
    ("retries", "first", "expected"),
    [
        (9, 5.0, SCHEDULE),
        (2, 5.0, (5.0, 300.0)),
        (0, 5.0, ()),
        (3, 1.0, (1.0, 300.0, 1800.0)),
        (3, 600.0, (600.0, 600.0, 1800.0)),
        (11, 5.0, (*SCHEDULE, 86400.0, 86400.0)),
    ],
)
def test_the_settings_shape_the_schedule(settings, retries, first, expected):
    settings.WEBHOOK_MAX_RETRIES, settings.WEBHOOK_RETRY_DELAY = retries, first

    assert schedule() == expected


def test_every_failure_of_the_engine_has_words():
    assert {*_NAMES.values(), "timeout", "connect_timeout", "transfer_failed", "target_not_allowed"} <= set(
        WORDS
    )
    assert "503" in explained("server_error", 503).what
    assert explained("server_error", None).what == "The receiver failed."
    assert "never_heard_of" in explained("never_heard_of").what


@pytest.mark.parametrize(
    ("headers", "body", "asked"),
    [
        (b"Retry-After: 7.4\r\n", b"", 7.4),
        (b"", b'{"ok": false, "parameters": {"retry_after": 14}}', 14.0),
        (b"", b'{"message": "slow", "retry_after": 0.64}', 0.64),
        (b"", b'{"retry_after": "soon"}', None),
        (b"", b"[1]", None),
        (b"", b"<html>", None),
        (b"", b'{"parameters": []}', None),
    ],
)
def test_messengers_say_in_their_own_way_when_to_come_again(headers, body, asked):
    answer = reply(429, "", b"HTTP/1.1 429 x\r\n" + headers + b"\r\n", body)

    verdict = judge(answer, 1, [1.0])

    assert verdict.reason == "rate_limited"
    assert verdict.delay is not None
    assert verdict.delay >= max(asked or 0, 1.0)
    assert verdict.delay < max(asked or 0, 1.0) * 1.2 + 3
