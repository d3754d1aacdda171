"""Fills an installation with what a measurement needs; runs inside it (`Installation.call`)."""

from benchmarks.exchange import TOKEN


def companies(count: int, crm_ports: list[int] | None = None) -> None:
    """Companies with one exchange each and, where ports are given, a CRM behind one of them."""
    from integrations.actions.save_integration import create_integration
    from telephony.models import Pbx
    from tenants.models import Extension, Tenant

    for number in range(count):
        tenant = Tenant.objects.create(
            number=f"{number:04d}",
            name=f"Company {number}",
            timezone="Europe/Minsk",
            phone_region="BY",
            language="en",
        )
        Extension.objects.create(tenant=tenant, number="150", name="Anna")
        Pbx.objects.create(tenant=tenant, name="Exchange", token=TOKEN % number)
        if crm_ports:
            address = f"http://127.0.0.1:{crm_ports[number % len(crm_ports)]}"
            create_integration(
                tenant, "retailcrm", "CRM", settings={"url": address, "timezone": "Europe/Minsk"},
                credentials={"api_key": "benchmark-key"},
            )  # fmt: skip
