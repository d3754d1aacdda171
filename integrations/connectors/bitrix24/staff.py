"""Whose extension is whose: as assigned here, else as the users' own settings there say, remembered for a while."""

from django.core.cache import cache

from integrations.capabilities import CallFacts
from integrations.connectors.bitrix24 import mapping
from integrations.connectors.bitrix24.client import Bitrix24
from integrations.live import Live

KEPT_SECONDS = 300
_NOBODY = ""


def known_user(user_id: str) -> str:
    """The id, or nothing when it cannot be one: Bitrix24's are positive numbers."""
    is_number = user_id.isascii() and user_id.isdecimal() and len(user_id) <= 18
    return user_id if is_number and int(user_id) else _NOBODY


class Staff:
    """One portal's users, as far as calls need them."""

    def __init__(self, api: Bitrix24, live: Live) -> None:
        self._api, self._live = api, live

    def users(self, call: CallFacts) -> dict[str, str]:
        """Extension -> user id, in the order of the call's extensions, without those that nobody has."""
        found = {name: user for name, value in call.users.items() if (user := known_user(value))}
        unassigned = [name for name in call.extensions if name and name not in found]
        if unassigned:
            found |= self._look_up(unassigned)
        return {name: found[name] for name in call.extensions if found.get(name)}

    def owner(self) -> str:
        """Who connected the portal."""
        if self._api.connected_by:
            return known_user(self._api.connected_by)
        key = self._key("owner")
        user = cache.get(key)
        if user is None:
            user = known_user(str(self._api.profile().get("ID", "")))
            cache.set(key, user, KEPT_SECONDS)
        return str(user)

    def _look_up(self, extensions: list[str]) -> dict[str, str]:
        """One request for all that are not remembered; that nobody has one is remembered, too."""
        keys = {name: self._key(f"extension:{name}") for name in extensions}
        kept = cache.get_many(keys.values())
        found = {name: str(kept[key]) for name, key in keys.items() if key in kept}
        unknown = [name for name in extensions if name not in found]
        if unknown:
            rows = [mapping.outside_user(row) for row in self._api.users_of(unknown)]
            news = {one.extension: known_user(one.id) for one in rows if one.active}
            asked = {name: news.get(name, _NOBODY) for name in unknown}
            cache.set_many({keys[name]: user for name, user in asked.items()}, KEPT_SECONDS)
            found |= asked
        return found

    def _key(self, name: str) -> str:
        # Extensions are the exchange's text: an odd one must not make a key that the cache refuses.
        return f"bitrix24:{self._live.id}:{self._live.version}:{name.encode().hex()[:150]}"
