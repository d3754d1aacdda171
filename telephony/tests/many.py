"""Very many calls in PostgreSQL, as a busy company has them: for plans, and for looking at times (benchmarks/people.py)."""

from datetime import datetime
from typing import Any, Final

from django.db import connection

from telephony.models import Pbx

# Evenly over the days before `until`; every 40th client is missed, one call in 5,000 lasts for hours, one line is rare.
CALLS: Final = """
INSERT INTO telephony_call (id, tenant_id, created_at, pbx_id, external_id, direction, phase, status, client_raw,
    client_number, client_tail, client_name, did, trunk, answered_by, responsible, started_at, answered_at, ended_at,
    talk_seconds, wait_seconds, hangup_cause, dial_status, ended_by, queue, recording_size, rings, talks, flags, event_count,
    finished_at, updated_at)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text || 'a'), 1, 3)
        || '8' || substr(md5(n::text || %(salt)s), 1, 15))::uuid,
    %(tenant)s, at, %(pbx)s, 'made-' || n, way, 'ended', status, '', number,
    reverse(substr(number, 2)), '', CASE WHEN n %% 4000 = 7 THEN '+375170000009' ELSE '+37517000000' || n %% 5 END, 'beta',
    CASE WHEN status = 'answered' THEN extension ELSE '' END, extension, at,
    CASE WHEN status = 'answered' THEN at + make_interval(secs => wait) END,
    at + make_interval(secs => wait + talk), talk, wait, 16, '', '', '', CASE WHEN n %% 500 = 3 THEN 90000 END,
    '[]', '[]', '[]', 4, at + make_interval(secs => wait + talk), at
FROM (SELECT n, %(until)s::timestamptz - make_interval(secs => %(seconds)s * (n::float / %(count)s)) AS at,
        CASE WHEN n %% 3 = 0 THEN 'out' ELSE 'in' END AS way,
        CASE WHEN n %% 4 = 1 THEN 'missed' ELSE 'answered' END AS status,
        '+37529' || lpad(((n::bigint * 7919) %% 200000)::text, 7, '0') AS number,
        (150 + n %% 40)::text AS extension,
        CASE WHEN n %% 5000 = 11 THEN 900 ELSE n %% 60 END AS wait,
        CASE WHEN n %% 4 = 1 THEN 0 WHEN n %% 5000 = 13 THEN 7200 ELSE n %% 600 END AS talk
    FROM generate_series(1, %(count)s) AS n) AS made
"""
PARTICIPANTS: Final = """
INSERT INTO telephony_callparticipant (id, tenant_id, created_at, call_id, extension, rang_at, is_caller)
SELECT gen_random_uuid(), tenant_id, created_at, id, responsible, started_at, false FROM telephony_call WHERE tenant_id = %s
"""
CHANNELS: Final = """
INSERT INTO telephony_callalias (id, tenant_id, created_at, pbx_id, channel, call_id)
SELECT gen_random_uuid(), tenant_id, created_at, pbx_id, external_id, id FROM telephony_call WHERE tenant_id = %s
"""


def many_calls(pbx: Pbx, count: int, *, days: int, until: datetime) -> None:
    """So many calls of one company over the days before a moment, each with one participant and one channel."""
    values: dict[str, Any] = {
        "tenant": pbx.tenant_id,
        "pbx": pbx.pk,
        "count": count,
        "seconds": days * 86_400,
        "until": until,
        "salt": str(pbx.pk),
    }
    with connection.cursor() as cursor:
        cursor.execute(CALLS, values)
        cursor.execute(PARTICIPANTS, [pbx.tenant_id])
        cursor.execute(CHANNELS, [pbx.tenant_id])
        for table in ("call", "callparticipant", "callalias", "callnotification", "missedclient"):
            cursor.execute(f"ANALYZE telephony_{table}")
