"""The REST API's machinery, shared by all apps."""
