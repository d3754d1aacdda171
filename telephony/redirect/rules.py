"""What a tenant wants of smart redirect, as each question needs it: read once, kept in the process for a few seconds."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from integrations.phones import digits, to_e164
from tenants.models import Mobile
from tenants.scoping import all_tenants

TIME_TO_LIVE: Final = 3.0
SAME_TAIL: Final = 9
"""Digits by which two spellings of one line are taken for the same."""


@dataclass(frozen=True, slots=True)
class LineRules:
    is_enabled: bool
    sources: tuple[str, ...]
    checks_hours: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one tenant; `for_line` gives those of one of its lines."""

    is_enabled: bool = False
    sources: tuple[str, ...] = ()
    budget: float = 0.7
    """Seconds for the whole answer."""
    ring_seconds: int = 20
    days: int = 30
    remembers: float = 300.0
    """Seconds that a CRM's answer is remembered."""
    checks_hours: bool = True
    checks_status: bool = True
    skips_busy: bool = True
    excluded_lines: frozenset[str] = frozenset()
    excluded_numbers: frozenset[str] = frozenset()
    contexts: tuple[str, ...] = ()
    lines: Mapping[str, LineRules] = field(default_factory=dict)
    region: str = ""

    def is_excluded_line(self, line: str) -> bool:
        return bool(line) and line_key(line) in self.excluded_lines

    def for_line(self, line: str) -> "Rules":
        """These rules, with what the line has of its own."""
        own = self.lines.get(line_key(line)) if line else None
        if own is None:
            return self
        return replace(
            self,
            is_enabled=self.is_enabled and own.is_enabled,
            sources=own.sources or self.sources,
            checks_hours=own.checks_hours,
        )


def line_key(line: str) -> str:
    """One line is +375 17 300-10-01 in the settings and 80173001001 at the exchange; names stay as they are."""
    found = digits(line)
    return found[-SAME_TAIL:] if len(found) >= SAME_TAIL else line.strip().lower()


OFF: Final = Rules()
_loaded: dict[int, tuple[float, Rules]] = {}
_lock = threading.Lock()


def rules_of(tenant_id: int) -> Rules:
    """Those in force; a change made elsewhere is seen within `TIME_TO_LIVE`."""
    found = _loaded.get(tenant_id)
    if found is not None and found[0] > time.monotonic():
        return found[1]
    rules = _read(tenant_id)
    with _lock:
        _loaded[tenant_id] = (time.monotonic() + TIME_TO_LIVE, rules)
    return rules


def known_rules(tenant_id: int) -> Rules | None:
    """As `rules_of`, without a query: None when they have to be read."""
    found = _loaded.get(tenant_id)
    return found[1] if found is not None and found[0] > time.monotonic() else None


def forget_rules() -> None:
    """Read them anew."""
    with _lock:
        _loaded.clear()


def _read(tenant_id: int) -> Rules:
    from telephony.models import RedirectSettings

    with all_tenants():
        found = RedirectSettings.objects.filter(tenant_id=tenant_id).select_related("tenant")
        row = found.prefetch_related("lines").first()
        if row is None:
            return OFF
        rules = rules_from(row)
        if not (rules.is_enabled and row.tenant.has_mobiles):
            return rules
        mobiles = Mobile.objects.filter(tenant_id=tenant_id).values_list("number", flat=True)
        return replace(rules, excluded_numbers=rules.excluded_numbers | set(mobiles))


def rules_from(row: Any) -> Rules:
    """The row as questions see it."""
    region = row.tenant.phone_region
    return Rules(
        is_enabled=row.is_enabled,
        sources=tuple(row.sources),
        budget=row.budget_ms / 1000,
        ring_seconds=row.ring_seconds,
        days=row.days,
        remembers=row.remembers_minutes * 60.0,
        checks_hours=row.checks_hours,
        checks_status=row.checks_status,
        skips_busy=row.skips_busy,
        excluded_lines=frozenset(map(line_key, row.excluded_lines)),
        excluded_numbers=frozenset(to_e164(text, region) or text for text in row.excluded_numbers),
        contexts=tuple(row.contexts),
        lines=MappingProxyType(
            {
                line_key(one.line): LineRules(one.is_enabled, tuple(one.sources), one.checks_hours)
                for one in row.lines.all()
            }
        ),
        region=region,
    )
