"""Every guard against guessing and forging, how it is taken away, and the tests that must fail then (test_guards.py)."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

Remove = Callable[[pytest.MonkeyPatch], None]

SIGN_IN = "tenants/signin/tests/test_sign_in.py"
CODES = "tenants/signin/tests/test_second_factor.py"
FORGOTTEN = "tenants/signin/tests/test_forgotten.py"
OPENID = "tenants/signin/tests/test_openid.py"
LIMITS = "tenants/tests/test_api_limits.py"
RATES = "tenants/tests/test_oauth_rates.py"
MACHINES = "tenants/tests/test_machines.py"
FORGED = "tests/test_forged_requests.py"
COMPARED = "tests/test_comparisons.py"


@dataclass(frozen=True, slots=True)
class Guard:
    """`tests` are `file::function`; of walks over all routes, only the cases whose id contains `only`."""

    name: str
    remove: Remove
    tests: tuple[str, ...]
    only: str = ""


def replaced(target: str, value: Any) -> Remove:
    return lambda patch: patch.setattr(target, value)


def yes(*_arguments: Any, **_options: Any) -> bool:
    return True


def nothing(*_arguments: Any, **_options: Any) -> None:
    return None


def unlimited(way: str) -> Remove:
    """One way of counting failures has no end."""

    def remove(patch: pytest.MonkeyPatch) -> None:
        from tenants.signin import throttle

        patch.setitem(throttle.LIMITS, way, throttle.Limit(10**9, *_times(throttle.LIMITS[way])))

    return remove


def _times(limit: Any) -> tuple[Any, ...]:
    return limit.window, limit.first_wait, limit.is_sliding


def allowed(*_arguments: Any) -> Any:
    from tenants.counters import Verdict

    return Verdict(is_allowed=True, remaining=1, reset=1, wait=0)


def success_wipes_all(attempt: Any) -> None:
    from tenants.signin.models import Failures

    Failures.objects.all().delete()


def no_work_for_nobody(
    _backend: Any, _request: Any, username: Any = None, password: Any = None, **_more: Any
) -> Any:
    from tenants.models import User

    found = User.objects.filter(username=username).first()
    return found if found and found.check_password(password) else None


def without_middleware(name: str) -> Remove:
    def remove(patch: pytest.MonkeyPatch) -> None:
        from django.conf import settings

        kept = [path for path in settings.MIDDLEWARE if not path.endswith(name)]
        assert len(kept) == len(settings.MIDDLEWARE) - 1
        patch.setattr(settings, "MIDDLEWARE", kept)

    return remove


def compared_by_value(module: str) -> Remove:
    """`==` stops at the first letter that differs."""

    def remove(patch: pytest.MonkeyPatch) -> None:
        import hmac

        plain = SimpleNamespace(**{**vars(hmac), "compare_digest": operator.eq})
        patch.setattr(f"{module}.hmac", plain)

    return remove


def no_scope(patch: pytest.MonkeyPatch) -> None:
    from django.db import models

    from tenants.scoping import TenantManager

    patch.setattr(TenantManager, "get_queryset", models.Manager.get_queryset)


def telling_headers(request: Any) -> str | None:
    """An address that whoever asks may choose."""
    found: str | None = request.headers.get("X-Forwarded-For") or request.META.get("REMOTE_ADDR")
    return found


def everybody_trusted(proxies: Any, _trusted: Any) -> None:
    from ipaddress import ip_network

    proxies._networks = [ip_network("0.0.0.0/0")]


def lenient(serializer: Any, data: Any) -> Any:
    from rest_framework import serializers

    return serializers.Serializer.to_internal_value(serializer, data)


CSRF = "django.middleware.csrf.CsrfViewMiddleware.process_view"  # also what decorators and the API ask
NEXT = "url_has_allowed_host_and_scheme"
GUARDS = (
    # Brute force
    Guard("waits-after-wrong-passwords", unlimited("pair"), (
        f"{SIGN_IN}::test_five_wrong_tries_lock_name_and_address_and_the_right_password_is_not_looked_at",
        f"{SIGN_IN}::test_an_attempt_counts_before_it_is_checked",
    )),
    Guard("waits-in-a-known-browser", unlimited("device"), (f"{SIGN_IN}::test_a_known_browser_is_counted_itself",)),
    Guard("waits-for-one-name", unlimited("name"), (
        f"{SIGN_IN}::test_many_addresses_cannot_lock_a_person_out_of_a_browser_they_use",
    )),
    Guard("waits-after-wrong-codes", unlimited("code"), (
        f"{CODES}::test_wrong_codes_are_locked_out_and_the_right_one_is_not_checked_then",
        "tenants/signin/tests/test_sessions.py::test_guessing_the_old_password_is_counted",
    )),
    Guard("codes-once", replaced("tenants.signin.forms._Code._use_once", nothing), (f"{CODES}::test_a_code_is_taken_once",)),
    Guard("guessers-of-keys", replaced("tenants.api.authentication.refuse_guesser", nothing), (
        f"{LIMITS}::test_guessers_are_stopped_by_their_address",
    )),
    Guard("guessers-of-client-secrets", replaced("tenants.api.oauth.refuse_guesser", nothing), (
        "tenants/tests/test_oauth.py::test_guessing_secrets_is_stopped_by_address",
        "tenants/tests/test_introspection.py::test_guessing_secrets_is_stopped_by_address",
    )),
    Guard("rate-of-tokens-by-address", replaced("tenants.api.oauth_rates.Rates.take_of_address", allowed), (
        f"{RATES}::test_an_address_is_stopped_before_anything_is_looked_up",
    )),
    Guard("rate-of-tokens-by-client", replaced("tenants.api.oauth_rates.Rates.look", allowed), (
        f"{RATES}::test_a_client_gets_so_many_tokens_from_wherever_it_asks",
        f"{RATES}::test_looking_into_tokens_is_counted_by_itself_as_calls_are",
    )),
    # Credential stuffing
    Guard("one-address-many-names", unlimited("address"), (f"{SIGN_IN}::test_one_address_cannot_try_many_names",)),
    Guard("ipv6-neighbours-at-the-door", replaced("tenants.signin.throttle.neighbourhood", str), (
        f"{SIGN_IN}::test_the_neighbours_of_one_ipv6_network_are_one",
    )),
    Guard("ipv6-neighbours-of-the-api", replaced("tenants.api.strangers.neighbourhood", str), (
        f"{LIMITS}::test_an_ipv6_subscriber_is_one_guesser",
    )),
    Guard("success-wipes-nothing", replaced("tenants.signin.throttle.Attempt.succeeded", success_wipes_all), (
        f"{SIGN_IN}::test_ones_own_success_does_not_cover_guessing_at_others",
    )),
    Guard("requests-for-passwords", unlimited("forgotten"), (
        f"{FORGOTTEN}::test_an_address_is_slowed_down_whoever_is_asked_for",
    )),
    # Headers
    Guard("header-size", replaced("config.front.application.MOST_HEADER_BYTES", 10**9), (
        "config/tests/test_front.py::test_headers_over_the_limit_are_refused",
    )),
    # Names
    Guard("keys-of-names", replaced("tenants.names.name_key", str), (
        f"{SIGN_IN}::test_a_look_alike_is_refused_by_form_and_by_database",
    )),
    Guard("form-of-names", replaced("tenants.models.tenant.check_name", nothing), (
        f"{SIGN_IN}::test_a_look_alike_is_refused_by_form_and_by_database",
    )),
    Guard("normal-form-of-names", replaced("tenants.names.normal_name", str), (
        f"{SIGN_IN}::test_a_look_alike_is_refused_by_form_and_by_database",
    )),
    Guard("cyrillic-in-names", replaced("tenants.names._CYRILLIC", {}), (
        f"{SIGN_IN}::test_a_look_alike_is_refused_by_form_and_by_database",
        f"{SIGN_IN}::test_a_name_is_known_in_every_form",
    )),
    Guard("greek-in-names", replaced("tenants.names._GREEK", {}), (
        f"{SIGN_IN}::test_a_look_alike_is_refused_by_form_and_by_database",
    )),
    Guard("shapes-in-names", replaced("tenants.names._SHAPES", {}), (
        f"{SIGN_IN}::test_a_look_alike_is_refused_by_form_and_by_database",
    )),
    # Whether somebody exists
    Guard("work-for-nobody", replaced("tenants.signin.authentication.Backend.authenticate", no_work_for_nobody), (
        f"{SIGN_IN}::test_nobody_and_somebody_get_the_same_answer_and_the_same_work",
    )),
    # Another site's form
    Guard("tokens-in-forms", replaced(CSRF, nothing), (
        f"{SIGN_IN}::test_a_form_of_another_site_is_refused",
        f"{OPENID}::test_only_a_form_of_ours_begins",
        f"{FORGOTTEN}::test_a_form_of_another_site_is_refused",
        "tenants/tests/test_api.py::test_a_session_must_prove_that_a_change_is_wanted",
    )),
    Guard("tokens-in-forms-of-the-admin", replaced(CSRF, nothing), (
        f"{FORGED}::test_another_site_changes_nothing_with_a_persons_cookie",
    ), only="/admin/webhooks/endpoint/"),
    # The admin's own pages ask by themselves, too; ours rely on the middleware.
    Guard("tokens-in-other-forms", without_middleware("CsrfViewMiddleware"), (
        f"{FORGED}::test_another_site_changes_nothing_with_a_persons_cookie",
    ), only="/admin/switch-company/"),
    Guard("tokens-of-sessions-in-the-api", replaced(
        "tenants.api.authentication.MemberSessionAuthentication.enforce_csrf", nothing
    ), ("tenants/tests/test_api.py::test_a_session_must_prove_that_a_change_is_wanted",)),
    Guard("tokens-of-sessions-in-the-whole-api", replaced(
        "tenants.api.authentication.MemberSessionAuthentication.enforce_csrf", nothing
    ), (f"{FORGED}::test_another_site_changes_nothing_with_a_persons_cookie",), only="/api/v1/endpoints"),
    # Ways out
    Guard("way-out-of-the-sign-in-page", replaced(f"django.contrib.auth.views.{NEXT}", yes), (
        f"{SIGN_IN}::test_next_leads_nowhere_else",
    )),
    Guard("way-out-of-confirming", replaced("tenants.signin.adapters.AccountAdapter.is_safe_url", yes), (
        f"{SIGN_IN}::test_confirming_and_leaving_lead_nowhere_else",
    )),
    Guard("way-out-of-openid", replaced(f"tenants.signin.openid.{NEXT}", yes), (
        f"{OPENID}::test_next_leads_nowhere_else",
    )),
    Guard("way-out-of-the-switch", replaced(f"tenants.views.{NEXT}", yes), (
        "tenants/tests/test_members.py::test_switching_leads_to_no_other_site",
    )),
    *(
        Guard(f"way-out-of-{page}", replaced(f"{module}.{NEXT}", yes), (
            f"{FORGED}::test_no_parameter_leads_to_another_site",
        ), only=address)
        for page, module, address in (
            ("the-switch-too", "tenants.views", "/admin/switch-company/"),
            ("languages", "django.views.i18n", "/i18n/setlang/"),
            ("replays", "webhooks.admin.deliveries", "/admin/webhooks/delivery/"),
            ("retries", "telephony.admin.notifications", "/admin/telephony/callnotification/"),
        )
    ),
    # Mass assignment
    Guard("strange-fields-of-resources", replaced("tenants.api.base.refuse_strange_fields", nothing), (
        "tenants/tests/test_strict.py::test_strange_fields_are_refused_by_name",
        "tenants/tests/test_api.py::test_the_tenant_cannot_be_chosen_by_the_client",
    )),
    Guard("strange-fields-everywhere", replaced("tenants.api.base.refuse_strange_fields", nothing), (
        f"{FORGED}::test_the_api_takes_no_field_that_it_does_not_describe",
    ), only="/api/v1/api-keys"),
    Guard("strange-fields-of-actions", replaced("tenants.api.strict.StrictSerializer.to_internal_value", lenient), (
        f"{FORGED}::test_the_api_takes_no_field_that_it_does_not_describe",
    ), only="replay"),
    Guard("hidden-fields-of-forms", replaced("tenants.admin.base.TenantAdmin.get_exclude", nothing), (
        f"{FORGED}::test_a_form_of_the_admin_sets_only_what_it_shows",
    ), only="DuplicateRules"),
    Guard("questions-about-secrets", replaced("tenants.admin.base.is_secret_name", nothing), (
        f"{FORGED}::test_no_list_answers_questions_about_secrets",
    ), only="ApiKey"),
    # Ids
    Guard("the-scope-of-managers", no_scope, (
        "tenants/tests/test_api.py::test_other_companies_rows_do_not_exist",
        "tenants/tests/test_strict.py::test_a_foreign_id_is_answered_like_one_that_does_not_exist",
    )),
    Guard("the-scope-of-managers-everywhere", no_scope, (
        "tests/test_isolation.py::test_their_ids_open_nothing",
    ), only="/webhooks/endpoint/"),
    # The time of comparing
    Guard("time-of-presets", compared_by_value("webhooks.presets.schemes.comparing"), (f"{COMPARED}::test_what_a_sender_presents",)),
    Guard("time-of-standard-webhooks", compared_by_value("webhooks.signing"), (
        f"{COMPARED}::test_what_a_sender_presents",
    )),
    Guard("time-of-client-secrets", compared_by_value("tenants.oauth"), (f"{COMPARED}::test_a_clients_secret",)),
    Guard("time-of-signatures", compared_by_value("tenants.signatures"), (f"{COMPARED}::test_a_signed_request",)),
    # From where
    Guard("addresses-of-keys", replaced("tenants.api.authentication.is_within", yes), (
        f"{MACHINES}::test_a_key_works_from_its_addresses_only",
    )),
    Guard("addresses-of-applications", replaced("tenants.api.oauth.is_within", yes), (
        "tenants/tests/test_oauth.py::test_an_application_works_from_its_addresses_only",
    )),
    Guard("headers-that-tell-addresses", replaced("tenants.api.authentication.address_of", telling_headers), (
        f"{MACHINES}::test_a_forged_forwarding_header_does_not_help",
    )),
    Guard("whom-the-front-believes", replaced("config.front.proxies.Proxies._is_trusted", yes), (
        "config/tests/test_proxies.py::test_a_stranger_is_not_believed",
    )),
    Guard("no-proxy-no-belief", replaced("config.front.proxies.Proxies.__init__", everybody_trusted), (
        "config/tests/test_proxies.py::test_without_proxies_nobody_is_believed",
    )),
    # Repeats
    Guard("whose-repeat", replaced("tenants.api.authentication.Machine.__init__", lambda machine, credential: (
        machine.__dict__.update(credential=credential, pk="any")
    )), ("tenants/tests/test_api_repeats.py::test_nobody_else_is_told_the_answer",)),
)  # fmt: skip
