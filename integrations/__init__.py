"""Systems: connectors to the outside world, a tenant's integrations with them, and the one way out."""
