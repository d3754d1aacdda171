"""Calls to be exported: made by the database itself, as many as are wanted."""

from typing import Any

# So many are made without the table's indexes, but for those that serve an export.
MANY = 500_000
KEPT = ("call_started",)
_SERIES = {
    "postgresql": "generate_series(1, %(count)s) AS series (n)",
    "sqlite": "(WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < %(count)s) SELECT n FROM series) AS series",
}
_ID = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}
_MOMENT = {
    "postgresql": "timestamptz '2016-01-01' + n * interval '7 seconds' + n %% 1000 * interval '1 millisecond'",
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%S', 1451606400 + n * 7, 'unixepoch')",
}


def fill(count: int) -> None:
    """Runs inside: one company with so many finished calls."""
    from django.db import connection

    from telephony.models import Call, Pbx
    from tenants.models import Tenant

    tenant = Tenant.objects.create(number="7000", name="Archive", timezone="Europe/Minsk", phone_region="BY")
    pbx = Pbx.objects.create(tenant=tenant, name="Exchange", token="benchmark-token-archive")
    engine = connection.vendor
    values = _plain(Call) | _values(engine, str(tenant.pk))
    key = pbx.pk if engine == "postgresql" else pbx.pk.hex
    with connection.cursor() as cursor:
        if count >= MANY:
            _drop_indexes(cursor, engine)
        cursor.execute(
            f"INSERT INTO telephony_call ({', '.join(values)}, pbx_id) SELECT {', '.join(values.values())}, %(pbx)s"
            f" FROM {_SERIES[engine]}",
            {"count": count, "pbx": key},
        )
        cursor.execute("VACUUM ANALYZE telephony_call" if engine == "postgresql" else "ANALYZE")


def _values(engine: str, tenant: str) -> dict[str, str]:
    moment = _MOMENT[engine]
    return {
        "id": _ID[engine], "created_at": moment, "tenant_id": tenant, "external_id": "'pbx-' || n", "direction": "'in'",
        "phase": "'ended'", "status": "CASE n %% 3 WHEN 0 THEN 'missed' ELSE 'answered' END", "client_raw": "'80291' || (100000 + n %% 900000)",
        "client_number": "'+375291' || (100000 + n %% 900000)", "client_name": "'Иванова Мария ' || n", "did": "'+375173001001'",
        "trunk": "'trunk-' || n %% 7", "answered_by": "'150'", "responsible": "'150'", "started_at": moment, "answered_at": moment,
        "ended_at": moment, "talk_seconds": "n %% 600", "wait_seconds": "n %% 30", "hangup_cause": "16", "dial_status": "'ANSWER'",
        "event_count": "4", "updated_at": moment,
    }  # fmt: skip


def _plain(model: Any) -> dict[str, str]:
    """What every column that may not be empty has where nothing is said of it."""
    from django.db import connection

    found = {}
    for field in model._meta.concrete_fields:
        if field.null or field.is_relation or field.primary_key:
            continue
        value = field.get_db_prep_save(field.get_default(), connection)
        text = getattr(value, "obj", value)
        found[field.column] = _literal(text)
    return found


def _literal(value: Any) -> str:
    import json

    if isinstance(value, bool | int | float):
        return str(value).lower()
    text = json.dumps(value) if isinstance(value, list | dict) else str(value or "")
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"


_INDEXES = {
    "postgresql": "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'telephony_call'::regclass AND NOT indisprimary"
    " AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)",
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'telephony_call' AND sql IS NOT NULL",
}


def _drop_indexes(cursor: Any, engine: str) -> None:
    """The database is this measurement's own: what writing ten million rows into a dozen indexes takes is not measured."""
    cursor.execute(_INDEXES[engine])
    for (name,) in cursor.fetchall():
        if name not in KEPT:
            cursor.execute(f"DROP INDEX {name}")
