"""Our copies of outside objects, for reading."""
