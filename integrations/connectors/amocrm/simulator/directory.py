"""The account itself, its users and its pipelines."""

from integrations.connectors.amocrm.simulator.lists import Lists
from integrations.connectors.amocrm.simulator.state import (
    FIRST_STATUS,
    LOST,
    PIPELINE,
    UNSORTED_STATUS,
    WON,
    Account,
)
from tenants.simulation import Reply, Request

STAGES = (
    (UNSORTED_STATUS, "Неразобранное", 1),
    (FIRST_STATUS, "Первичный контакт", 0),
    (FIRST_STATUS + 1, "Переговоры", 0),
    (WON, "Успешно реализовано", 0),
    (LOST, "Закрыто и не реализовано", 0),
)


class Directory:
    """What is read once and then known."""

    def __init__(self, account: Account, lists: Lists) -> None:
        self._account, self._lists = account, lists

    def account(self, request: Request) -> Reply:
        found = self._account
        return Reply.json(
            {
                "id": found.id,
                "name": "Демо",
                "subdomain": found.subdomain,
                "country": found.country,
                "currency": found.currency,
                "current_user_id": found.users[0].id if found.users else 0,
                "created_by": 0,
            }
        )

    def users(self, request: Request) -> Reply:
        rows = [
            {
                "id": one.id,
                "name": one.name,
                "email": one.email,
                "lang": "ru",
                "rights": {"is_admin": one is self._account.users[0], "is_active": one.is_active},
                "_embedded": {"roles": [], "groups": []},
            }
            for one in self._account.users
        ]
        return self._lists.page(request, "users", rows, lambda row: row)

    def pipelines(self, request: Request) -> Reply:
        statuses = [
            {"id": number, "name": name, "sort": 10 * place, "pipeline_id": PIPELINE, "type": kind}
            for place, (number, name, kind) in enumerate(STAGES)
        ]
        row = {"id": PIPELINE, "name": "Продажи", "is_main": True, "_embedded": {"statuses": statuses}}
        return Reply.json({"_total_items": 1, "_embedded": {"pipelines": [row]}})
