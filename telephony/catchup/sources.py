"""A configured source of call records -> what reads it."""

from zoneinfo import ZoneInfo

from telephony.catchup.csv_rows import named_columns
from telephony.catchup.engines import MySQL, PostgreSQL, Server
from telephony.catchup.files import CsvReader, LocalStore, Store
from telephony.catchup.reading import Reader
from telephony.catchup.sftp import SftpStore
from telephony.catchup.sql import Dialect, SqlReader
from telephony.models import CdrSource, RecordsKind


def reader_of(source: CdrSource) -> Reader:
    """Opens nothing yet."""
    if source.kind in (RecordsKind.POSTGRESQL, RecordsKind.MYSQL):
        return _of_database(source)
    columns = named_columns(source.columns)
    return CsvReader(_store(source), source.path, columns, ZoneInfo(source.zone_name))


def _of_database(source: CdrSource) -> Reader:
    server = Server(
        host=source.host,
        port=source.port_number,
        database=source.database,
        username=source.username,
        secret=source.secret,
        security=source.security,
        ca=source.ca,
        egress_allow=source.tenant.egress_allow,
        zone=source.zone_name,
    )
    dialect: Dialect = PostgreSQL(server) if source.kind == RecordsKind.POSTGRESQL else MySQL(server)
    tables = [("cdr", source.table), ("cel", source.cel_table)]
    return SqlReader(
        dialect,
        tuple(("cel" if form == "cel" else "cdr", name) for form, name in tables if name),
        ZoneInfo(source.zone_name),
    )


def _store(source: CdrSource) -> Store:
    if source.kind == RecordsKind.FILE:
        return LocalStore(source.tenant.number)
    return SftpStore(
        host=source.host,
        port=source.port_number,
        username=source.username,
        secret=source.secret,
        host_key=source.host_key,
        egress_allow=source.tenant.egress_allow,
    )
