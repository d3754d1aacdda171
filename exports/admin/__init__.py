"""The admin of exports and imports; rooms above take the buttons from exports.admin.button and exports.admin.import_button."""

from exports.admin import (  # noqa: F401 register card and pages
    audit,
    dashboard,
    destinations,
    exports,
    extensions,
    imports,
    limits,
    schedules,
    templates,
)
