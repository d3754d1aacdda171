"""What can be done with exports, one verb a file; admin, API and tasks call these."""

from exports.actions.cancel import cancel_export
from exports.actions.delete import delete_export
from exports.actions.expire import expire_exports, remove_orphans
from exports.actions.request import request_export, rerun_export

__all__ = [
    "cancel_export",
    "delete_export",
    "expire_exports",
    "remove_orphans",
    "request_export",
    "rerun_export",
]
