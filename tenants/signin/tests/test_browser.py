"""The door in a real browser, with an authenticator that Chromium plays, under our content security policy."""

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Browser, Page, sync_playwright

from tenants.signin.models import SignInRules
from tenants.signin.tests.doors import code_of, factors
from tenants.tests.factories import PASSWORD, make_member, make_tenant

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
SECONDS = 60_000
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console said."""
    return []


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright runs a loop in this thread
        launched = playwright.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """Of a person of its own: no cookie and no passkey of the tests before."""
    context = browser.new_context(locale="en", viewport={"width": 390, "height": 800})
    opened = context.new_page()
    opened.set_default_timeout(SECONDS)
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()


def give_authenticator(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})


def type_password(page: Page, url: str, username: str) -> None:
    page.goto(f"{url}/admin/login/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("#login-form [type=submit]")


def log_out(page: Page) -> None:
    with page.expect_navigation():
        page.evaluate("document.querySelector('#logout-form').submit()")


def check_look(page: Page) -> None:
    """Our colours are there, and nothing is wider than a phone."""
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--color-primary-600')")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_passkey_is_set_up_and_signs_in_alone_and_as_second_factor(
    page: Page, complaints: list[str], live_server: Any, settings: Any
) -> None:
    settings.PUBLIC_URL = live_server.url
    member = make_member(make_tenant(), "owner")
    SignInRules._base_manager.create(tenant=member.tenant, requires_two_factor=True)
    give_authenticator(page)

    # The company requires it: nothing else opens before.
    type_password(page, live_server.url, member.user.username)
    page.wait_for_url("**/admin/security/")
    check_look(page)
    page.get_by_role("link", name="Add a passkey").click()
    page.fill("[name=password]", PASSWORD)
    page.click(".sb-form [type=submit]")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/recovery-codes/")
    check_look(page)
    assert factors(member.user) == ["recovery_codes", "webauthn"]
    page.goto(f"{live_server.url}/admin/tenants/member/")
    assert member.user.username in page.content()
    check_look(page)

    log_out(page)
    page.goto(f"{live_server.url}/admin/login/")
    check_look(page)
    page.click("#passkey_login")
    page.wait_for_url(f"{live_server.url}/admin/")

    log_out(page)
    type_password(page, live_server.url, member.user.username)
    page.wait_for_url("**/authenticate/")
    check_look(page)
    page.click("#mfa_webauthn_authenticate")
    page.wait_for_url(f"{live_server.url}/admin/")
    assert Authenticator.objects.get(type="webauthn").last_used_at is not None
    assert complaints == []


def test_an_app_is_set_up_from_the_security_page(page: Page, complaints: list[str], live_server: Any) -> None:
    member = make_member(make_tenant())
    type_password(page, live_server.url, member.user.username)
    page.wait_for_url(f"{live_server.url}/admin/")

    page.goto(f"{live_server.url}/admin/security/two-factor/totp/activate/")
    page.fill("[name=password]", PASSWORD)
    page.click(".sb-form [type=submit]")
    secret = page.input_value("#authenticator_secret")
    assert page.evaluate("document.querySelector('.sb-qr').naturalWidth") > 0
    check_look(page)
    page.fill("[name=code]", code_of(secret))
    page.click(".sb-form [type=submit]")
    page.wait_for_url("**/recovery-codes/")

    assert factors(member.user) == ["recovery_codes", "totp"]
    assert len(re.findall(r"\b\d{10}\b", page.input_value("#recovery_codes"))) == 10
    assert complaints == []


def test_the_policy_stops_what_a_page_should_not_carry(page: Page, live_server: Any) -> None:
    page.goto(f"{live_server.url}/admin/login/")

    outcome = page.evaluate(
        """() => {
          const script = document.createElement("script"); script.textContent = "window.stolen = true";
          const style = document.createElement("style"); style.textContent = "body { color: rgb(1, 2, 3) }";
          document.head.append(script, style);
          return [window.stolen === true, getComputedStyle(document.body).color === "rgb(1, 2, 3)"];
        }"""
    )

    assert outcome == [False, False]
    assert os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
