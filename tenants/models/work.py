"""The one queue: rows that are due, leased in batches (see tenants/work)."""

from django.db import models


class Work(models.Model):
    """Unfinished work only; a row is deleted when its subject is done, failed, cancelled or parked.

    `due` is when the row may next be taken: leasing moves it to the end of the lease, so a dead worker's rows become
    due again by themselves. `lease` fences the outcome: only the holder may settle.
    """

    id = models.BigAutoField(primary_key=True)
    lane = models.CharField(max_length=40)
    subject = models.UUIDField()
    # None for what belongs to a person and not to a company, such as a mail about their password.
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    group = models.CharField(max_length=80, blank=True)
    due = models.DateTimeField()
    lease = models.UUIDField(null=True)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lane", "subject"], name="work_subject")]
        indexes = [
            models.Index(fields=["lane", "due"], name="work_due"),
            models.Index(fields=["lane", "group", "due", "id"], name="work_group_due"),
        ]

    def __str__(self) -> str:
        return f"{self.lane} {self.subject}"
