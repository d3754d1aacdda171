"""RetailCRM's answers: the success envelope, its errors with their exact texts, and its pages of results."""

from collections.abc import Sequence
from typing import Any

from tenants.simulation import Reply, Request, is_whole

NOT_A_CHOICE = "The value you selected is not a valid choice."
BLANK = "This value should not be blank."
NOT_VALID = "This value is not valid."
EXTRA_FIELD = "This form should not contain extra fields."
LEGAL_LIMITS = (20, 50, 100, 250)

# What nginx says before PHP is reached: a wrong account, or too many requests.
NGINX = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
    "<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n"
)


class ApiError(Exception):
    """A refusal in RetailCRM's own words."""

    def __init__(
        self, message: str, errors: dict[str, str] | list[str] | None = None, status: int = 400
    ) -> None:
        super().__init__(message)
        self.message, self.errors, self.status = message, errors, status

    def reply(self) -> Reply:
        data: dict[str, Any] = {"success": False, "errorMsg": self.message}
        if self.errors:
            data["errors"] = self.errors
        return Reply.json(data, self.status)


def bad_entity(errors: dict[str, str] | list[str]) -> ApiError:
    return ApiError("Errors in the entity format", errors)


def not_found() -> ApiError:
    return ApiError("Not found", status=404)


def success(**data: Any) -> Reply:
    return Reply.json({"success": True, **data})


def nginx(title: str) -> Reply:
    return Reply.html(NGINX.format(title), int(title.split()[0]))


def paged(request: Request, key: str, rows: Sequence[dict[str, Any]]) -> Reply:
    """One page of the rows by `page` and `limit`; any other limit than the legal four is refused."""
    limit = _whole(request, "limit", LEGAL_LIMITS[0])
    page = _whole(request, "page", 1)
    errors = {}
    if limit not in LEGAL_LIMITS:
        errors["limit"] = NOT_A_CHOICE
    if page < 1:
        errors["page"] = NOT_VALID
    if errors:
        raise ApiError("Validation error", errors)
    pagination = {
        "limit": limit,
        "totalCount": len(rows),
        "currentPage": page,
        "totalPageCount": -(-len(rows) // limit),
    }
    return success(pagination=pagination, **{key: rows[(page - 1) * limit : page * limit]})


def _whole(request: Request, name: str, default: int) -> int:
    value = request.query.get(name, "")
    if not value:
        return default
    return int(value) if is_whole(value) else -1
