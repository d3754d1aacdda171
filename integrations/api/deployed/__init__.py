"""The paths that existing deployments speak: the company is named by its number, which must be the caller's own."""
