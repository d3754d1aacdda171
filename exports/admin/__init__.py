"""The admin of exports; rooms above take the button from exports.admin.button."""

from exports.admin import audit, dashboard, exports  # noqa: F401 register card and page
