"""Endpoints: whom we send to, a file for each thing that is done with one."""

from webhooks.admin.endpoints.page import EndpointPage

__all__ = ["EndpointPage"]
