"""PostgreSQL and MySQL as sources of call records: read-only, bounded in time, and only at checked addresses."""

import ssl
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
import pymysql
from psycopg import errors as pg_errors
from pymysql.constants import ER
from pymysql.cursors import SSCursor

from config.egress.errors import EgressDenied
from config.egress.tcp import addresses, dial
from telephony.catchup.errors import RecordsUnavailable
from telephony.catchup.sql import Column, Connection
from telephony.models.ami import AmiSecurity

CONNECT_SECONDS: Final = 8
QUERY_SECONDS: Final = 60
_TEXTS: Final = frozenset(("text", "character varying", "character", "varchar", "char", "tinytext", "mediumtext", "longtext"))  # fmt: skip
_COLUMNS: Final = (
    "SELECT column_name, {counts_up}, data_type FROM information_schema.columns"
    " WHERE table_name = %s AND {schema} ORDER BY ordinal_position"
)
_REFUSED: Final = frozenset((
    ER.ACCESS_DENIED_ERROR, ER.DBACCESS_DENIED_ERROR, ER.HOST_NOT_PRIVILEGED, ER.HOST_IS_BLOCKED,
))  # fmt: skip
_NO_TABLE: Final = frozenset((ER.NO_SUCH_TABLE, ER.TABLEACCESS_DENIED_ERROR, ER.COLUMNACCESS_DENIED_ERROR, ER.BAD_FIELD_ERROR))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Server:
    """Where a database is and as whom to come."""

    host: str
    port: int
    database: str
    username: str
    secret: str
    security: str
    ca: str = ""
    egress_allow: str = ""
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    server: Server

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        with _postgres_told(), tempfile.NamedTemporaryFile("w", suffix=".pem") as ca, self._open(ca) as link:
            link.read_only = True
            link.execute(f"SET statement_timeout = '{QUERY_SECONDS}s'")
            link.execute("SELECT set_config('TimeZone', %s, false)", [self.server.zone])
            yield _Postgres(link)

    def _open(self, ca: Any) -> psycopg.Connection[Any]:
        at = self.server
        try:
            found = addresses(at.host, at.port, at.egress_allow)
        except EgressDenied as error:
            raise RecordsUnavailable("denied") from error
        except OSError as error:
            raise RecordsUnavailable("unreachable", str(error)) from error
        ca.write(at.ca)
        ca.flush()
        is_checked = at.security == AmiSecurity.TLS
        modes = {AmiSecurity.NONE: "disable", AmiSecurity.TLS: "verify-full", AmiSecurity.TLS_ANY: "require"}
        more: dict[str, Any] = {"sslrootcert": ca.name if at.ca else "system"} if is_checked else {}
        return psycopg.connect(
            host=",".join([at.host] * len(found)),
            # libpq dials these, and none that it looks up itself.
            hostaddr=",".join(found),
            port=at.port,
            dbname=at.database,
            user=at.username,
            password=at.secret or None,
            connect_timeout=CONNECT_SECONDS,
            sslmode=modes[AmiSecurity(at.security)],
            passfile="/nonexistent/passwords",
            gssencmode="disable",
            application_name="switchboard",
            keepalives_idle=10,
            tcp_user_timeout=QUERY_SECONDS * 1000,
            **more,
        )


@contextmanager
def _postgres_told() -> Iterator[None]:
    try:
        yield
    except (pg_errors.UndefinedTable, pg_errors.InsufficientPrivilege, pg_errors.UndefinedColumn) as error:
        raise RecordsUnavailable("no_table", _first_line(error)) from error
    except psycopg.OperationalError as error:
        text = str(error).lower()
        if "authentication" in text or "no pg_hba" in text or "role " in text or "no password" in text:
            reason = "refused"
        elif "ssl" in text or "certificate" in text:
            reason = "tls"
        elif "does not exist" in text:
            reason = "no_table"
        else:
            reason = "unreachable" if "connect" in text else "broken"
        raise RecordsUnavailable(reason, _first_line(error)) from error
    except psycopg.Error as error:
        raise RecordsUnavailable("broken", _first_line(error)) from error


class _Postgres:
    def __init__(self, link: psycopg.Connection[Any]) -> None:
        self._link = link

    def columns(self, table: str) -> list[Column]:
        schema, _dot, name = table.rpartition(".")
        counts_up = (
            "(is_identity = 'YES' OR column_default LIKE 'nextval(%%') AND data_type IN ('integer', 'bigint')"
        )
        within = "table_schema = %s" if schema else "table_schema = ANY (current_schemas(false))"
        query = _COLUMNS.format(counts_up=counts_up, schema=within)
        found = self._link.execute(query, [name, schema] if schema else [name]).fetchall()
        return [Column(column, bool(counts), kind in _TEXTS) for column, counts, kind in found]

    def quoted(self, name: str) -> str:
        return '"' + name.replace('"', '""').replace("%", "%%") + '"'

    def rows(self, query: str, parameters: Sequence[Any]) -> Iterator[Sequence[Any]]:
        with self._link.cursor("switchboard_call_records") as cursor:
            cursor.itersize = 500
            cursor.execute(query, parameters)
            yield from cursor


@dataclass(frozen=True, slots=True)
class MySQL:
    server: Server

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        with _mysql_told():
            link = self._open()
            try:
                with link.cursor() as cursor:
                    cursor.execute("SET SESSION TRANSACTION READ ONLY")
                    _limit(cursor)
                yield _MySQL(link)
            finally:
                # Not close(): it would wait for the rest of an unfinished answer.
                link._force_close()

    def _open(self) -> Any:
        at = self.server
        try:
            sock = dial(at.host, at.port, CONNECT_SECONDS, at.egress_allow)
        except EgressDenied as error:
            raise RecordsUnavailable("denied") from error
        except OSError as error:
            raise RecordsUnavailable("unreachable", str(error)) from error
        link = pymysql.Connection(
            host=at.host,
            port=at.port,
            user=at.username,
            password=at.secret,
            database=at.database,
            charset="utf8mb4",
            use_unicode=True,
            connect_timeout=CONNECT_SECONDS,
            read_timeout=QUERY_SECONDS,
            write_timeout=CONNECT_SECONDS,
            autocommit=False,
            local_infile=False,
            defer_connect=True,
            ssl=_context(at),
            ssl_disabled=at.security == AmiSecurity.NONE,
        )
        try:
            link.connect(sock)
        except BaseException:
            sock.close()
            raise
        return link


def _context(at: Server) -> ssl.SSLContext | None:
    if at.security == AmiSecurity.NONE:
        return None
    context = ssl.create_default_context(cadata=at.ca or None)
    if at.security == AmiSecurity.TLS_ANY:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _limit(cursor: Any) -> None:
    """MariaDB and MySQL name the same limit differently; an old server that knows neither has the socket's."""
    for statement in (
        f"SET SESSION max_statement_time = {QUERY_SECONDS}",
        f"SET SESSION max_execution_time = {QUERY_SECONDS * 1000}",
    ):
        try:
            cursor.execute(statement)
        except pymysql.err.MySQLError:
            continue
        return


@contextmanager
def _mysql_told() -> Iterator[None]:
    try:
        yield
    except pymysql.err.MySQLError as error:
        code = error.args[0] if error.args else 0
        text = str(error.args[-1]) if error.args else ""
        if code in _REFUSED:
            reason = "refused"
        elif code in _NO_TABLE or code == ER.BAD_DB_ERROR:
            reason = "no_table"
        elif "SSL" in text or "certificate" in text.lower():
            reason = "tls"
        else:
            reason = "broken"
        raise RecordsUnavailable(reason, text) from error
    except ssl.SSLError as error:
        raise RecordsUnavailable("tls", str(error)) from error
    except OSError as error:
        raise RecordsUnavailable("broken", str(error)) from error


class _MySQL:
    def __init__(self, link: Any) -> None:
        self._link = link

    def columns(self, table: str) -> list[Column]:
        schema, _dot, name = table.rpartition(".")
        query = _COLUMNS.format(
            counts_up="extra LIKE '%%auto_increment%%'",
            schema="table_schema = %s" if schema else "table_schema = DATABASE()",
        )
        with self._link.cursor() as cursor:
            cursor.execute(query, [name, schema] if schema else [name])
            return [
                Column(column, bool(counts), kind in _TEXTS) for column, counts, kind in cursor.fetchall()
            ]

    def quoted(self, name: str) -> str:
        return "`" + name.replace("`", "``").replace("%", "%%") + "`"

    def rows(self, query: str, parameters: Sequence[Any]) -> Iterator[Sequence[Any]]:
        with self._link.cursor(SSCursor) as cursor:
            cursor.execute(query, parameters)
            yield from cursor.fetchall_unbuffered()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
