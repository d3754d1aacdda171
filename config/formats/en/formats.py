"""Times as a log needs them: to the second, 24 hours."""

DATETIME_FORMAT = "j M Y, H:i:s"
SHORT_DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i:s"
DATE_FORMAT = "j M Y"
