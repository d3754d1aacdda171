"""How often /oauth/… may be asked: by one address, before anything is looked up, and by one client.

For the client only what it was given counts, which takes its secret: whoever merely knows a `client_id` cannot use up what
that client may ask for.
"""

from dataclasses import dataclass
from typing import Final

from tenants.addresses import neighbourhood
from tenants.api.throttling import rate_headers, rate_named, rate_of
from tenants.counters import Limit, Verdict
from tenants.models import OAuthApplication

CLIENTS_BEHIND_AN_ADDRESS: Final = 10


@dataclass(frozen=True, slots=True)
class Rates:
    """Of one kind of request: tokens, which cost rows, or introspection, which comes with every call of a resource server."""

    name: str
    is_like_a_call: bool = False

    def take_of_address(self, address: str | None) -> Verdict:
        """Count one request of anybody's."""
        limit = rate_named("credential" if self.is_like_a_call else "oauth")
        wide = Limit(limit.count * CLIENTS_BEHIND_AN_ADDRESS, limit.seconds)
        return wide.take(f"oauth:{self.name}:address:{neighbourhood(address)}")

    def look(self, application: OAuthApplication) -> Verdict:
        """Whether the client has something left, counting nothing."""
        return self._of(application).look(self._client(application))

    def take(self, application: OAuthApplication) -> dict[str, str]:
        """Count what the client was given; the headers that tell how much is left."""
        limit = self._of(application)
        return rate_headers(limit, limit.take(self._client(application)))

    def _of(self, application: OAuthApplication) -> Limit:
        return rate_of(application) if self.is_like_a_call else rate_named("oauth")

    def _client(self, application: OAuthApplication) -> str:
        return f"oauth:{self.name}:client:{application.pk}"


TOKENS: Final = Rates("tokens")
INTROSPECTION: Final = Rates("introspection", is_like_a_call=True)
