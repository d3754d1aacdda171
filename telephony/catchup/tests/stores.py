"""Databases as exchanges have them, with captured rows in them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pymysql
from psycopg import sql

READER = "records_reader"
SECRET = "a-secret-of-records"

POSTGRES_CDR = """CREATE TABLE cdr (
 accountcode text, src text, dst text, dcontext text, clid text, channel text, dstchannel text, lastapp text, lastdata text,
 start timestamp, answer timestamp, "end" timestamp, duration integer, billsec integer, disposition text, amaflags text,
 uniqueid text, userfield text, peeraccount text, linkedid text, sequence integer, id bigserial PRIMARY KEY)"""
POSTGRES_CEL = """CREATE TABLE cel (id serial, eventtype text, eventtime timestamptz, cid_name text, cid_num text,
 cid_ani text, cid_dnid text, exten text, context text, channame text, appname text, appdata text, uniqueid text,
 linkedid text, peer text, extra text)"""
# As FreePBX makes it: the time of the beginning only, no number that grows, other columns beside ours.
FREEPBX_CDR = """CREATE TABLE cdr (
 calldate datetime NOT NULL DEFAULT '0000-00-00 00:00:00', clid varchar(80) NOT NULL DEFAULT '', src varchar(80) NOT NULL DEFAULT '',
 dst varchar(80) NOT NULL DEFAULT '', dcontext varchar(80) NOT NULL DEFAULT '', channel varchar(80) NOT NULL DEFAULT '',
 dstchannel varchar(80) NOT NULL DEFAULT '', lastapp varchar(80) NOT NULL DEFAULT '', lastdata varchar(80) NOT NULL DEFAULT '',
 duration int NOT NULL DEFAULT 0, billsec int NOT NULL DEFAULT 0, disposition varchar(45) NOT NULL DEFAULT '',
 amaflags int NOT NULL DEFAULT 0, accountcode varchar(20) NOT NULL DEFAULT '', uniqueid varchar(32) NOT NULL DEFAULT '',
 userfield varchar(255) NOT NULL DEFAULT '', did varchar(50) NOT NULL DEFAULT '', recordingfile varchar(255) NOT NULL DEFAULT '',
 cnum varchar(80) NOT NULL DEFAULT '', linkedid varchar(32) NOT NULL DEFAULT '', peeraccount varchar(80) NOT NULL DEFAULT '',
 sequence int NOT NULL DEFAULT 0, KEY calldate (calldate))"""
MYSQL_CDR = FREEPBX_CDR.replace("sequence int NOT NULL DEFAULT 0", "sequence int NOT NULL DEFAULT 0, id int AUTO_INCREMENT PRIMARY KEY")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Database:
    """Where it is, and a way to write what an exchange would."""

    kind: str
    host: str
    port: int
    name: str
    link: Any

    def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        with self.link.cursor() as cursor:
            cursor.execute(statement, list(values))

    def write(self, table: str, row: Mapping[str, Any]) -> None:
        """A row with those of its columns that the table has."""
        with self.link.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table} LIMIT 0")
            known = {one[0] for one in cursor.description}
        values = {
            ("calldate" if name == "start" and "start" not in known else name): value or None
            for name, value in row.items()
        }
        values = {name: value for name, value in values.items() if name in known and value is not None}
        values.pop("amaflags", None)
        quote = '"' if self.kind == "postgresql" else "`"
        names = ", ".join(f"{quote}{name}{quote}" for name in values)
        self.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(values))})", list(values.values()))  # fmt: skip


@contextmanager
def postgres(url: str) -> Iterator[Database]:
    at = urlsplit(url)
    url = at._replace(path="/postgres").geturl()  # the one that is there in every server
    name = f"exchange_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        own = url.rpartition("/")[0] + f"/{name}"
        with psycopg.connect(own, autocommit=True) as link:
            link.execute(POSTGRES_CDR)
            link.execute(POSTGRES_CEL)
            yield Database("postgresql", at.hostname or "", at.port or 5432, name, link)
    finally:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def mysql(url: str, table: str = FREEPBX_CDR) -> Iterator[Database]:
    at = urlsplit(url)
    name = f"exchange_{uuid4().hex[:12]}"
    options: dict[str, Any] = {
        "host": at.hostname,
        "port": at.port or 3306,
        "user": at.username,
        "password": at.password or "",
    }
    with closing(pymysql.connect(autocommit=True, charset="utf8mb4", **options)) as link:
        try:
            with link.cursor() as cursor:
                cursor.execute("SET SESSION sql_mode = ''")
                cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
                cursor.execute(f"USE {name}")
                cursor.execute(table)
                cursor.execute(f"CREATE OR REPLACE USER {READER}@'127.0.0.1' IDENTIFIED BY '{SECRET}'")
                cursor.execute(f"GRANT SELECT ON {name}.* TO {READER}@'127.0.0.1'")
            yield Database("mysql", at.hostname or "", at.port or 3306, name, link)
        finally:
            with link.cursor() as cursor:
                cursor.execute(f"DROP DATABASE {name}")
                cursor.execute(f"DROP USER IF EXISTS {READER}@'127.0.0.1'")
