"""Ways through the door, for tests."""

import base64
import hashlib
import hmac
import re
import struct
import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from tenants.models import User
from tenants.tests.factories import PASSWORD

SIGN_IN = "/admin/login/"
ADMIN = "/admin/"


def sign_in(client: Client, username: str, password: str = PASSWORD, **extra: Any) -> Any:
    return client.post(SIGN_IN, {"username": username, "password": password, "next": ADMIN}, **extra)


def is_signed_in(client: Client) -> bool:
    return client.get(ADMIN).status_code == 200


def code_of(secret: str, step: int = 0) -> str:
    """RFC 6238, written from the standard."""
    counter = int(time.time()) // 30 + step
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def give_app(user: User) -> str:
    """An authenticator app that is set up: its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def factors(user: User) -> list[str]:
    return sorted(Authenticator.objects.filter(user=user).values_list("type", flat=True))


def confirm_password(client: Client) -> None:
    """What is asked again before protection changes."""
    client.post("/admin/security/confirm/", {"password": PASSWORD, "next": "/admin/security/"})


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())
