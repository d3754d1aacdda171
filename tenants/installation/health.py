"""What /health tells of the alerts that last."""

from config.health import health_note
from tenants.installation.watch import running


@health_note("alerts")
def alerts() -> object:
    """Their codes only: the address is open to everybody."""
    return [
        {"code": alert.code, "severity": alert.severity, "since": alert.since.isoformat()}
        for alert in running()[:50]
    ]
