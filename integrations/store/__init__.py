"""How outside objects become rows: shapes, content and its digests, what both sides changed, events."""
