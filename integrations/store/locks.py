"""Whoever changes records of which he does not know beforehand which systems have to do with them waits for all of these."""

from integrations.models import Integration


def lock_company(tenant_id: int) -> None:
    """In the caller's transaction: nothing is read into this company's records meanwhile.

    In the order of the ids, and before any record's row: so do all who keep records.
    """
    rows = Integration.objects.select_for_update(no_key=True).filter(tenant_id=tenant_id)
    list(rows.order_by("pk").values_list("pk"))
