"""Times as a log needs them: to the second."""

DATETIME_FORMAT = "d.m.Y H:i:s"
SHORT_DATETIME_FORMAT = "d.m.Y H:i"
TIME_FORMAT = "H:i:s"
DATE_FORMAT = "d.m.Y"
