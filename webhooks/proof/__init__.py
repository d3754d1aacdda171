"""How we prove to a receiver that it is us, beside the signature: log-in, client certificate, and the proxy on the way."""
