"""What is refused at once: more rows than allowed, too many exports under way, no room for another file."""

from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from exports.limits.effective import Limits, limits_of
from exports.limits.usage import Usage, usage_of
from exports.request import CheckedRequest, InvalidRequest
from tenants.models import Tenant


class LimitReached(InvalidRequest):
    """Nothing is wrong with what was asked, but a limit of the company is used up; `limit` is its name.

    `retry_after`: seconds until that may be different, where that is known.
    """

    def __init__(self, limit: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(f"limits.{limit}", message)
        self.limit = limit
        self.retry_after = retry_after

    def __str__(self) -> str:
        return self.message


def check_asked(tenant: Tenant, checked: CheckedRequest) -> None:
    """InvalidRequest, or LimitReached. To be called in the transaction that makes the export.

    The company is locked until its end, so that of many who ask at once only as many get through as may; what merely points at
    the company (events, calls) does not wait for this lock.
    """
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    limits = limits_of(tenant.pk)
    _check_rows(limits, checked)
    used = usage_of(tenant.pk)
    _check_unfinished(limits, used)
    _check_kept(limits, used)


def _check_rows(limits: Limits, checked: CheckedRequest) -> None:
    asked = int(checked.options.get("max_records") or 0)
    if limits.max_rows is not None and asked > limits.max_rows:
        text = _("At most %(limit)d: that is the limit of this company (max_rows).")
        raise InvalidRequest("options.max_records", text % {"limit": limits.max_rows})


def _check_unfinished(limits: Limits, used: Usage) -> None:
    if used.unfinished >= limits.max_unfinished:
        text = _(
            "%(count)d exports run or wait already, and this company may have %(limit)d (max_unfinished). Wait for one, or cancel one."
        )
        raise LimitReached(
            "max_unfinished", text % {"count": used.unfinished, "limit": limits.max_unfinished}
        )


def _check_kept(limits: Limits, used: Usage) -> None:
    if limits.max_kept_size is None or used.kept_size < limits.max_kept_size:
        return
    text = _(
        "The kept files take %(used)s, and this company may keep %(limit)s (max_kept_size). Delete old exports, or wait until they expire."
    )
    shown = {"used": filesizeformat(used.kept_size), "limit": filesizeformat(limits.max_kept_size)}
    wait = (used.next_expiry - timezone.now()).total_seconds() if used.next_expiry else None
    raise LimitReached("max_kept_size", text % shown, max(wait, 1.0) if wait is not None else None)
