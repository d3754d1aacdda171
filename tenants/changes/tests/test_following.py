"""A change is heard by every process that follows, and one that does not hear knows it."""

import os
import subprocess
import sys
import threading
import time

import pytest
from django.db import connection, transaction

from config.env import BASE_DIR
from tenants.changes import announce, announcing, following
from tenants.changes.following import Follower

pytestmark = pytest.mark.django_db(transaction=True)

ANNOUNCING = """
import django, sys
django.setup()
from django.db import connection, connections
from tenants.changes import announce
announce("shops", "7")
"""


class Ear:
    """Collects what is heard; `wait` is for the next one."""

    def __init__(self):
        self.heard = []
        self._arrived = threading.Condition()

    def __call__(self, key):
        with self._arrived:
            self.heard.append((key, time.monotonic()))
            self._arrived.notify_all()

    def wait(self, key, seconds=10):
        with self._arrived:
            assert self._arrived.wait_for(lambda: any(one == key for one, _at in self.heard), seconds), (
                self.heard
            )
            return next(at for one, at in self.heard if one == key)


def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def ear(monkeypatch):
    found = Ear()
    monkeypatch.setattr(announcing, "_subscribers", {"shops": [found]})
    return found


@pytest.fixture
def follower(ear):
    one = Follower()
    one.begin()
    until(lambda: one.is_hearing)
    yield one
    one.end()


def test_first_everything_may_have_changed(ear, follower):
    assert [key for key, _at in ear.heard] == [""]


def test_a_change_is_heard_within_a_second_once_it_is_committed(ear, follower):
    with transaction.atomic():
        announce("shops", 5)
        announce("shops", 5)
        time.sleep(0.6)  # longer than a look at the marks takes to come
        assert [key for key, _at in ear.heard] == [""]
    committed_at = time.monotonic()

    assert ear.wait("5") - committed_at < 1.0


def test_nothing_is_heard_of_what_was_rolled_back(ear, follower):
    with transaction.atomic():
        announce("shops", 5)
        transaction.set_rollback(True)
    announce("shops", 6)

    ear.wait("6")
    assert "5" not in [key for key, _at in ear.heard]


def test_each_change_of_the_same_thing_is_heard(ear, follower):
    for _ in range(3):
        announce("shops", 5)
        ear.wait("5")
        ear.heard.clear()


def test_it_is_heard_from_another_process(ear, follower):
    settings = connection.settings_dict
    url = (
        f"sqlite:///{settings['NAME']}"
        if connection.vendor == "sqlite"
        else f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{settings['NAME']}"
    )
    environment = {**os.environ, "DATABASE_URL": url}

    subprocess.run([sys.executable, "-c", ANNOUNCING], env=environment, cwd=BASE_DIR, check=True)

    ear.wait("7")


@pytest.mark.engine("postgresql")
def test_a_cut_connection_is_noticed_and_made_anew(ear, follower):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'NOTIFY%%'"
        )
    until(lambda: not follower.is_hearing)
    ear.heard.clear()

    until(lambda: follower.is_hearing)

    assert ear.heard[0][0] == ""  # what was said meanwhile is lost, so everything counts as changed


@pytest.mark.engine("postgresql")
def test_a_connection_on_which_nothing_arrives_is_no_hearing(ear, monkeypatch):
    monkeypatch.setattr(Follower, "_take", lambda self, notice, echo: None)
    one = Follower()
    one.begin()
    try:
        ear.wait("")
        time.sleep(following.POLL_SECONDS)

        assert not one.is_hearing
    finally:
        one.end()


def test_who_stopped_does_not_hear(ear, follower):
    follower.end()

    assert not follower.is_hearing
