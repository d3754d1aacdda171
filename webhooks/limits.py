"""The room's numbers, read from the settings in one place; every one has a default that needs no operator."""

from datetime import timedelta

from django.conf import settings

# The published example of Standard Webhooks: about three days in all.
SCHEDULE = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)
LONGEST_DELAY = 86400.0
# The same bytes rarely please a receiver that called them wrong.
TRIES_AFTER_CLIENT_ERROR = 3
CONNECT_TIMEOUT = 5.0
LONGEST_TIMEOUT = 60.0
ROTATION_OVERLAP = timedelta(hours=24)
LONGEST_ROTATION_OVERLAP = timedelta(days=7)
MOST_LIVE_SECRETS = 5
MOST_PER_PERIOD = 100_000
MOST_AT_A_TIME = 500
MOST_IN_A_BATCH = 100
LARGEST_BATCH = 256 * 1024

CONNECTIONS: int = getattr(settings, "WEBHOOK_CONNECTIONS", 256)
CONNECTIONS_PER_HOST: int = getattr(settings, "WEBHOOK_CONNECTIONS_PER_HOST", 32)
# Leased beyond what can be on the wire, so that a fast receiver never waits for the next lease.
LEASED = CONNECTIONS * 2
LEASED_PER_ENDPOINT = CONNECTIONS_PER_HOST * 2
# Of those that wait beyond the wire, so many may be missing before more are asked for.
LEAST_LEASED = max(CONNECTIONS // 4, 1)


# Of one event that an outside system publishes, in bytes of JSON, and of one request that brings several.
LARGEST_DATA = 256 * 1024
MOST_PUBLISHED = 100

# Of a signed timestamp of an inbound request.
TOLERANCE = 300
ALLOWED_TOLERANCE = range(10, 86_401)


def timeout() -> float:
    """Seconds for the whole request unless the endpoint has its own."""
    return min(float(settings.WEBHOOK_DELIVERY_TIMEOUT), LONGEST_TIMEOUT)


def schedule() -> tuple[float, ...]:
    """Seconds before each retry: the first is WEBHOOK_RETRY_DELAY, none is shorter, WEBHOOK_MAX_RETRIES in all."""
    retries, first = int(settings.WEBHOOK_MAX_RETRIES), float(settings.WEBHOOK_RETRY_DELAY)
    steps = (first, *(max(step, first) for step in SCHEDULE[1:]))
    return (*steps, *[steps[-1]] * (retries - len(steps)))[:retries]


def kept_after_success() -> timedelta:
    """How long delivered deliveries and their attempts are kept."""
    return timedelta(days=getattr(settings, "WEBHOOK_RETENTION_DAYS", 30))


def kept_after_failure() -> timedelta:
    """How long everything else, and the bodies for a replay, are kept."""
    return timedelta(days=getattr(settings, "WEBHOOK_FAILED_RETENTION_DAYS", 90))
