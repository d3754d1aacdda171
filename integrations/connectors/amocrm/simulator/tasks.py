"""`/api/v4/tasks`: what users have to do, each in somebody's card."""

from integrations.connectors.amocrm.simulator.problems import Invalid, bad, invalid
from integrations.connectors.amocrm.simulator.state import KEPT, PLURALS, Account
from tenants.simulation import Reply, Request

_KNOWN = {
    "text",
    "complete_till",
    "task_type_id",
    "entity_id",
    "entity_type",
    "responsible_user_id",
    "request_id",
}


_FILTERS = ("entity_type", "entity_id", "is_completed")
_CHANGED = ("is_completed", "result", "text", "complete_till", "responsible_user_id")


class Tasks:
    """Of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def add(self, request: Request) -> Reply:
        try:
            items = request.json()
        except ValueError:
            items = None
        if not isinstance(items, list) or not items:
            return bad("InvalidCount", "", "This collection should contain 1 to 250 elements.")
        wrong = {str(place): self._wrong(item) for place, item in enumerate(items)}
        if any(wrong.values()):
            return invalid(wrong)
        with self._account.lock:
            made = [{"id": self._account.number(), "is_completed": False, **item} for item in items]
            self._account.tasks += made
            del self._account.tasks[:-KEPT]
        rows = [{"id": one["id"], "request_id": one.get("request_id", "0")} for one in made]
        return Reply.json({"_embedded": {"tasks": rows}})

    def page(self, request: Request) -> Reply:
        """Of one card, done or not; nothing is 204."""
        wanted = {name: request.query.get(f"filter[{name}]", "") for name in _FILTERS}
        with self._account.lock:
            rows = [
                dict(one)
                for one in self._account.tasks
                if wanted["entity_type"] in ("", one.get("entity_type"))
                and wanted["entity_id"] in ("", str(one.get("entity_id")))
                and wanted["is_completed"] in ("", str(int(one["is_completed"])))
            ]
        return Reply.json({"_embedded": {"tasks": rows}}) if rows else Reply(204)

    def change(self, request: Request) -> Reply:
        try:
            items = request.json()
        except ValueError:
            items = None
        if not isinstance(items, list) or not items:
            return bad("InvalidCount", "", "This collection should contain 1 to 250 elements.")
        with self._account.lock:
            known = {one["id"]: one for one in self._account.tasks}
            changed = [known[item["id"]] for item in items if item.get("id") in known]
            for item in items:
                if item.get("id") in known:
                    known[item["id"]] |= {name: item[name] for name in _CHANGED if name in item}
        rows = [{"id": one["id"]} for one in changed]
        return Reply.json({"_embedded": {"tasks": rows}}) if rows else Reply(204)

    def _wrong(self, item: object) -> list[Invalid]:
        if not isinstance(item, dict) or not item.get("text") or type(item.get("complete_till")) is not int:
            return [Invalid("FieldMissing", "text", "This field is missing.")]
        errors = [
            Invalid("NotSupportedChoice", name, "There is no such field.") for name in set(item) - _KNOWN
        ]
        plural = item.get("entity_type")
        if plural not in PLURALS or item.get("entity_id") not in self._account.tables[plural]:
            errors.append(
                Invalid("NotSupportedChoice", "entity_id", "The value you selected is not a valid choice.")
            )
        users = {one.id for one in self._account.users}
        if item.get("responsible_user_id", next(iter(users), 0)) not in users:
            errors.append(
                Invalid(
                    "NotSupportedChoice",
                    "responsible_user_id",
                    "The value you selected is not a valid choice.",
                )
            )
        return errors
