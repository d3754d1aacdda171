"""Credentials, settings, users and customers."""

import pytest

from integrations.connectors.retailcrm.simulator import Simulator, User
from integrations.connectors.retailcrm.simulator.tests.stranger import Stranger


def ids(answer):
    return [user["id"] for user in answer[1]["users"]]


def test_credentials_name_paths_without_version_and_scopes(stranger):
    _status, answer = stranger.get("/api/credentials")

    assert answer["success"]
    assert "/api/telephony/call/event" in answer["credentials"]
    assert "integration_write" in answer["scopes"]
    assert answer["siteAccess"] == "access_full"


def test_system_info_and_sites(sim, stranger):
    assert stranger.get("/api/system-info")[1]["publicUrl"] == sim.url
    assert stranger.get("/api/v5/reference/sites")[1]["sites"]["main"]["code"] == "main"


def test_settings_tell_the_zone_and_working_hours():
    with Simulator(timezone="Europe/Minsk").running() as sim:
        settings = Stranger(sim.url).get("/api/v5/settings")[1]["settings"]

    assert settings["timezone"]["value"] == "Europe/Minsk"
    assert [day["day_type"] for day in settings["work_times"]] == [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
    ]


def test_user_has_the_documented_keys(stranger):
    assert stranger.get("/api/v5/users/19") == (
        200,
        {
            "success": True,
            "user": {
                "id": 19,
                "createdAt": "2025-01-15 10:00:00",
                "active": True,
                "email": "anna@example.com",
                "firstName": "Anna",
                "lastName": "Orlova",
                "status": "free",
                "online": True,
                "isAdmin": True,
                "isManager": True,
                "groups": [
                    {"id": 20, "name": "Manager", "code": "manager"},
                    {"id": 21, "name": "Director", "code": "director"},
                ],
            },
        },
    )
    assert stranger.get("/api/v5/users/999") == (404, {"success": False, "errorMsg": "Not found"})
    assert stranger.get("/api/v5/users/x")[0] == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [19, 18, 17, 16, 15, 14, 12]),
        ({"filter[active]": 1, "filter[isManager]": 1}, [19, 18, 17, 16, 15]),
        ({"filter[active]": 0}, [14]),
        ({"filter[isAdmin]": 1}, [19]),
        ({"filter[online]": 0}, [15, 14]),
        ({"filter[isPosManager]": 1}, []),
        ({"filter[email]": "BORIS@"}, [18]),
        ({"filter[status]": "dinner"}, [16]),
        ({"filter[groups][]": ["director", "warehouse"]}, [19, 12]),
        ({"filter[groups][0]": "warehouse"}, [12]),
        ({"filter[createdAtFrom]": "2025-01-16 00:00:00"}, []),
        ({"filter[createdAtTo]": "2025-01-16 00:00:00"}, [19, 18, 17, 16, 15, 14, 12]),
    ],
)
def test_user_filters(stranger, query, found):
    assert ids(stranger.get("/api/v5/users", **query)) == found


@pytest.mark.parametrize(
    "query",
    [
        {"filter[phone]": "1"},
        {"filter[active]": "true"},
        {"filter[status]": "away"},
        {"filter": "1"},
        {"filter[": "1"},
        {"limit": 30},
        {"limit": 0},
        {"limit": "all"},
        {"limit": -20},
        {"limit": "٢٠"},
        {"page": 0},
        {"page": "first"},
    ],
)
def test_what_is_not_offered_is_a_validation_error(stranger, query):
    status, answer = stranger.get("/api/v5/users", **query)

    assert (status, answer["success"], answer["errorMsg"]) == (400, False, "Validation error")
    assert answer["errors"]


def test_pages_to_the_end():
    users = [User(number, f"User{number}") for number in range(1, 121)]
    with Simulator(users=users, limits_rate=False).running() as sim:
        stranger = Stranger(sim.url)
        pages = [stranger.get("/api/v5/users", limit=50, page=page) for page in (1, 2, 3, 4)]
        default = stranger.get("/api/v5/users")

    assert [len(ids(page)) for page in pages] == [50, 50, 20, 0]
    assert sorted(number for page in pages for number in ids(page)) == list(range(1, 121))
    assert pages[1][1]["pagination"] == {
        "limit": 50,
        "totalCount": 120,
        "currentPage": 2,
        "totalPageCount": 3,
    }
    assert default[1]["pagination"] == {"limit": 20, "totalCount": 120, "currentPage": 1, "totalPageCount": 6}


def test_status_is_set_and_read(sim, stranger):
    assert stranger.post("/api/v5/users/19/status", status="break") == (200, {"success": True})

    assert stranger.get("/api/v5/users/19")[1]["user"]["status"] == "break"
    assert stranger.post("/api/v5/users/19/status", status="away")[0] == 400
    assert stranger.post("/api/v5/users/19/status")[1]["errorMsg"] == "Parameter 'status' is missing"
    assert stranger.post("/api/v5/users/999/status", status="free")[0] == 404
    assert sim.users[19].status == "break"


def test_simulators_share_no_state(sim, stranger):
    stranger.post("/api/v5/users/19/status", status="break")

    with Simulator().running() as other:
        assert other.users[19].status == "free"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("79001234567", [7]),
        ("+7 900 123-45-67", [7]),
        ("9001234567", [7]),
        ("petrov", [7]),
        ("OLGA", [8]),
        ("@example", [7, 8]),
        ("zzz", []),
    ],
)
def test_customers_are_found_by_name_email_or_phone(stranger, name, found):
    _status, answer = stranger.get("/api/v5/customers", **{"filter[name]": name})

    assert [customer["id"] for customer in answer["customers"]] == found


def test_customers_have_no_phone_filter(stranger):
    status, answer = stranger.get("/api/v5/customers", **{"filter[phone]": "79001234567"})

    assert (status, list(answer["errors"])) == (400, ["filter[phone]"])
