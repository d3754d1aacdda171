"""Access tokens: asking for them, keeping them, renewing them exactly once (RFC 6749, RFC 7636)."""
