"""Configuration as code: `manage.py apply FILE.yaml` and `manage.py dump` (docs/configuration.md).

Each app declares its sections of a tenant in its own `configuration.py`.
"""

from tenants.configuration.reading import ConfigurationError, Place
from tenants.configuration.sections import Plan, Section, each, known_keys, register_section, text

__all__ = [
    "ConfigurationError",
    "Place",
    "Plan",
    "Section",
    "each",
    "known_keys",
    "register_section",
    "text",
]
