"""PostgreSQL with a second wall between tenants: row-level security that follows the scope of the running code."""
