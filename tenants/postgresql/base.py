"""Django's PostgreSQL backend, which also tells the server in whose scope it works before anything is executed.

The policies (`row_security`) read the setting that is sent here. A query without a scope, or one that forgot to filter,
gets the rows of the scope and no others, whatever the SQL says.
"""

from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql import base, schema
from psycopg.pq import TransactionStatus

from tenants.postgresql.row_security import SETTING
from tenants.scoping import all_tenants, scope_name

TELL = f"SELECT set_config('{SETTING}', %s, false)"


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """Migrations, and the data that they move, are for every tenant."""

    def __enter__(self) -> Any:
        self._scope = all_tenants()
        self._scope.__enter__()
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        try:
            super().__exit__(*error)
        finally:
            self._scope.__exit__(None, None, None)


class DatabaseWrapper(base.DatabaseWrapper):
    """What the server was told last is remembered, so that a request costs one short question more, not one a query."""

    SchemaEditorClass = DatabaseSchemaEditor

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._told: str | None = None
        self.execute_wrappers.append(self._execute_in_scope)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self._told = None
        return super().get_new_connection(conn_params)

    def create_cursor(self, name: str | None = None) -> Any:
        # Also here: COPY and server-side cursors do not pass the wrapper below.
        self._tell()
        return super().create_cursor(name)

    def _execute_in_scope(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        self._tell()
        return execute(sql, params, many, context)

    def _tell(self) -> None:
        scope = scope_name()
        if scope == self._told or self.connection is None:
            return
        # A failed transaction takes nothing but its rollback.
        if self.connection.info.transaction_status == TransactionStatus.INERROR:
            return
        with self.wrap_database_errors, self.connection.cursor() as cursor:
            cursor.execute(TELL, [scope])
        self._told = scope

    def _rollback(self) -> None:
        # The server takes the setting back with everything else.
        self._told = None
        super()._rollback()

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)
        self._told = None
