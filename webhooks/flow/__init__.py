"""How fast and in which order an endpoint is sent to: what all workers together keep to."""
