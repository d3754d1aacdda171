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


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """Migrations, and the data that they move, are for every tenant."""

    def __enter__(self) -> Any:
        self._scope = all_tenants()
        self._scope.__enter__()
        return super().__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            super().__exit__(kind, error, trace)
        finally:
            self._scope.__exit__(None, None, None)


class DatabaseWrapper(base.DatabaseWrapper):
    """What the server was told last is remembered, so that a change of scope costs a short statement, and a query none."""

    SchemaEditorClass = DatabaseSchemaEditor

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._told: str | None = None
        self.execute_wrappers.append(self._execute_in_scope)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        # One from the pool was last used in somebody else's scope.
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
        # SET, because nothing that takes a snapshot may come before SET TRANSACTION. The scope is a number, * or nothing.
        with self.wrap_database_errors, self.connection.cursor() as cursor:
            cursor.execute(f"SET {SETTING} = '{scope}'")
        self._told = scope

    def _commit(self) -> None:
        # The server answers the COMMIT of a failed transaction with a rollback, and takes the setting back with it.
        told, self._told = self._told, None
        if (
            self.connection is not None
            and self.connection.info.transaction_status == TransactionStatus.INERROR
        ):
            told = None
        super()._commit()  # type: ignore[misc]  # the stubs lack it
        self._told = told

    def _rollback(self) -> None:
        self._told = None
        super()._rollback()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        self._told = None
