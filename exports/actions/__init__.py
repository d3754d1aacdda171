"""What can be done with exports and imports, one verb a file; admin, API and tasks call these."""

from exports.actions.cancel import cancel_export
from exports.actions.delete import delete_export
from exports.actions.expire import expire_exports, remove_orphans
from exports.actions.forget import forget_history
from exports.actions.forget_imports import forget_imports, remove_import_orphans
from exports.actions.request import request_export, rerun_export
from exports.actions.request_import import ImportRequest, request_import
from exports.actions.steer_import import NotNow, apply_import, cancel_import, delete_import, undo_import

__all__ = [
    "ImportRequest",
    "NotNow",
    "apply_import",
    "cancel_export",
    "cancel_import",
    "delete_export",
    "delete_import",
    "expire_exports",
    "forget_history",
    "forget_imports",
    "remove_import_orphans",
    "remove_orphans",
    "request_export",
    "request_import",
    "rerun_export",
    "undo_import",
]
