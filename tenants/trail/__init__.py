"""What keeps the audit trail honest: append-only tables, sealed chains, their check, their copy outside, their end."""
