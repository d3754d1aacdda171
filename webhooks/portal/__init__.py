"""The page of one endpoint for whoever develops its receiver: opened by a link, without an account."""
