"""Who a request is by: the session's row brings its person along, so that nobody asks for them again."""

from contextvars import ContextVar
from typing import Any

from django.contrib import auth
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from tenants.models import User
from tenants.signin.models import Session

# Only while Django asks whose session it is, so that nobody gets a copy from an earlier request.
_brought: ContextVar[User | None] = ContextVar("brought", default=None)


class Backend(ModelBackend):
    """Django's, with its checks, but for a query less."""

    def get_user(self, user_id: Any) -> Any:
        brought = _brought.get()
        if brought is not None and brought.pk == user_id:
            return brought if self.user_can_authenticate(brought) else None
        return super().get_user(user_id)


class Authentication(AuthenticationMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _person_of(request))  # type: ignore[assignment]  # as Django does it


def _person_of(request: Any) -> User | AnonymousUser:
    if not hasattr(request, "_cached_user"):
        token = _brought.set(_of_session(request))
        try:
            request._cached_user = auth.get_user(request)
        finally:
            _brought.reset(token)
    found: User | AnonymousUser = request._cached_user
    return found


def _of_session(request: HttpRequest) -> User | None:
    request.session.get(auth.SESSION_KEY)  # loads it
    row: Session | None = getattr(request.session, "row", None)
    if row is None or "user" not in row._state.fields_cache:
        return None
    return row.user
