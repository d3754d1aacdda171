"""Actions of workers: shared connections, replaced when they are dead, and nothing is ever sent twice."""

import threading

import pytest

from config.egress import EgressDenied
from telephony.ami import AmiRefused, acting
from telephony.ami.packets import text
from telephony.models import AmiAccess
from tenants.scoping import tenant_scope

pytestmark = pytest.mark.django_db


def test_one_connection_serves_one_action_after_the_other(tenant, pbx, exchange):
    with tenant_scope(tenant):
        for _time in range(3):
            with acting.connection(pbx.pk) as ami:
                assert text(ami.act("Ping"), "Ping") == "Pong"

    assert len(exchange.asked("Login")) == 1
    assert text(exchange.asked("Login")[0], "Events") == "off"


def test_a_connection_that_died_in_between_is_replaced_before_anything_is_sent(tenant, pbx, exchange):
    with tenant_scope(tenant):
        with acting.connection(pbx.pk) as ami:
            ami.act("Ping")
        exchange.hang_up()
        exchange.wait_for(lambda one: not one._clients)

        with acting.connection(pbx.pk) as ami:
            ami.act("Originate", [("Channel", "Local/150@inoffice")])

    assert len(exchange.asked("Login")) == 2
    assert len(exchange.asked("Originate")) == 1


def test_what_was_sent_before_the_connection_died_is_never_sent_again(tenant, pbx, exchange):
    def dies(_action):
        exchange.hang_up()
        return []

    exchange.answers["originate"] = dies

    with tenant_scope(tenant), pytest.raises(OSError), acting.connection(pbx.pk) as ami:
        ami.act("Originate", [("Channel", "Local/150@inoffice")])

    del exchange.answers["originate"]
    with tenant_scope(tenant), acting.connection(pbx.pk) as ami:
        ami.act("Ping")
    assert len(exchange.asked("Originate")) == 1


def test_a_refused_action_leaves_the_connection_in_use(tenant, pbx, exchange):
    with tenant_scope(tenant):
        with pytest.raises(AmiRefused, match="Channel does not exist"), acting.connection(pbx.pk) as ami:
            ami.act("Redirect", [("Channel", "PJSIP/none-1")])
        with acting.connection(pbx.pk) as ami:
            ami.act("Ping")

    assert len(exchange.asked("Login")) == 1


def test_a_list_comes_whole_and_leaves_other_events_alone(tenant, pbx, exchange):
    exchange.channels = [{"Channel": "PJSIP/150-1", "Uniqueid": "1.1"}, {"Channel": "PJSIP/151-2"}]

    with tenant_scope(tenant), acting.connection(pbx.pk) as ami:
        found = ami.listed("CoreShowChannels")

    assert [text(one, "Channel") for one in found] == ["PJSIP/150-1", "PJSIP/151-2"]


def test_a_wrong_password_is_tried_once_and_then_waited_for(tenant, pbx, exchange):
    with tenant_scope(tenant):
        access = AmiAccess.objects.get(pbx=pbx)
        access.secret = "wrong"
        access.save()

        for _time in range(3):
            with pytest.raises(AmiRefused, match="Authentication failed"), acting.connection(pbx.pk):
                pass
        assert len(exchange.asked("Login")) == 1

        access.secret = "hub-secret"
        access.save()
        with acting.connection(pbx.pk) as ami:
            ami.act("Ping")
    assert len(exchange.asked("Login")) == 2


def test_threads_have_connections_of_their_own_and_wait_for_a_free_one(tenant, pbx, exchange, monkeypatch):
    monkeypatch.setattr(acting, "WAIT_SECONDS", 0.05)
    with tenant_scope(tenant):
        access = acting._pool(AmiAccess.objects.get(pbx=pbx))
        for _one in range(acting.MOST):
            assert access.room.acquire(blocking=False)

        with pytest.raises(TimeoutError), acting.connection(pbx.pk):
            pass

        for _one in range(acting.MOST):
            access.room.release()
        gate = threading.Barrier(2, timeout=10)
        with acting.connection(pbx.pk) as one, acting.connection(pbx.pk) as other:
            done = []

            def acts(ami):
                gate.wait()
                done.append(text(ami.act("Ping"), "Ping"))

            threads = [threading.Thread(target=acts, args=(ami,)) for ami in (one, other)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
    assert done == ["Pong", "Pong"]
    assert len(exchange.asked("Login")) == 2


def test_another_company_has_no_such_exchange(other_tenant, pbx, exchange):
    with tenant_scope(other_tenant), pytest.raises(acting.NoAccess), acting.connection(pbx.pk):
        pass

    assert exchange.actions == []


def test_without_an_enabled_access_there_is_nothing_to_act_on(tenant, pbx, exchange):
    with tenant_scope(tenant):
        AmiAccess.objects.update(is_enabled=False)

        with pytest.raises(acting.NoAccess), acting.connection(pbx.pk):
            pass


def test_a_private_address_needs_the_operators_leave(tenant, pbx, exchange, settings):
    settings.EGRESS_ALLOW = ""

    with tenant_scope(tenant), pytest.raises(EgressDenied), acting.connection(pbx.pk):
        pass

    tenant.egress_allow = "127.0.0.1/32"
    tenant.save()
    with tenant_scope(tenant), acting.connection(pbx.pk) as ami:
        ami.act("Ping")
