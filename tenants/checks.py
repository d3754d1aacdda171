"""Health checks of workers and beat."""

from config.health import Finding, health_check
from tenants.heartbeats import is_alive
from tenants.work import lanes


@health_check("workers")
def workers() -> Finding:
    silent = sorted({lane.queue for lane in lanes() if not is_alive(f"worker:{lane.queue}")})
    return Finding(not silent, f"no worker takes the queues: {', '.join(silent)}" if silent else "")


@health_check("beat")
def beat() -> Finding:
    return Finding(True) if is_alive("beat") else Finding(False, "the scheduler gives no sign of life")
