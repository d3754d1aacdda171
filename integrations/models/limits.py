"""What all workers share about the pace and the state of one integration's outside system."""

from django.db import models

from integrations.models.integration import Integration


class RateBucket(models.Model):
    """A token bucket in the form of its theoretical arrival time (GCRA), in seconds since 1970.

    The next free slot of the bucket is `arrival`; taking n tokens moves it on by n divided by the rate.
    """

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=40)
    arrival = models.FloatField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["integration", "name"], name="rate_bucket")]

    def __str__(self) -> str:
        return f"{self.integration_id} {self.name}"


class Breaker(models.Model):
    """Exists while the circuit is open: nothing is sent until `open_until`, then one probe at a time."""

    integration = models.OneToOneField(
        Integration, on_delete=models.CASCADE, primary_key=True, related_name="breaker"
    )
    openings = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
    open_until = models.DateTimeField()
    probe_until = models.DateTimeField(null=True)
    code = models.CharField(max_length=40)
    reason = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.integration_id} until {self.open_until:%H:%M:%S}"


class SharedBucket(models.Model):
    """A bucket of several integrations, of whatever company: those at one host, or all that go through our address.

    `key` is made of the connector, the bucket's name and the host; no row says whose calls they are.
    """

    key = models.CharField(max_length=300, primary_key=True)
    arrival = models.FloatField(default=0)

    def __str__(self) -> str:
        return self.key


class DailyUse(models.Model):
    """How many calls of a bucket were taken on one day, by the outside system's calendar."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=40)
    day = models.DateField()
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["integration", "name", "day"], name="daily_use")]

    def __str__(self) -> str:
        return f"{self.integration_id} {self.name} {self.day}: {self.used}"


class CallSlot(models.Model):
    """One of the calls that may be under way at a time. Whose process was killed gives it back by its time running out."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField()
    holder = models.UUIDField(null=True)
    held_until = models.FloatField(default=0)
    """Seconds since 1970."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["integration", "number"], name="call_slot")]

    def __str__(self) -> str:
        return f"{self.integration_id} {self.number}"
