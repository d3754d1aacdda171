"""One verb a file: check, do, record."""
