"""What was changed of that which processes keep in memory, for those that cannot be told at once (see tenants/changes)."""

from django.db import models


class ChangeMark(models.Model):
    """The latest change of one thing; versions grow over all of them, so a reader asks for those above the last it saw.

    Written on SQLite only: its single writer gives versions out in the order of the commits.
    """

    topic = models.CharField(max_length=40)
    key = models.CharField(max_length=64)
    version = models.PositiveBigIntegerField(unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "key"], name="change_mark_thing")]

    def __str__(self) -> str:
        return f"{self.topic} {self.key}: {self.version}"
