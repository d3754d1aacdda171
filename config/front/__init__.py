"""The ASGI front of the web process: hot paths are answered here, everything else goes to Django under WSGI.

A room registers a path from its `AppConfig.ready()`:

    from config import front

    front.register("/start", take_event)              # async def take_event(request) -> FrontResponse
    front.register_service(event_writer)              # started before the first request, stopped after the last

Handlers run on the event loop of the one web worker: they must never block it, so no ORM in them.
"""

from config.front.application import Front
from config.front.messages import FrontRequest, FrontResponse, problem
from config.front.registry import Handler, Route, Service, register, register_service

__all__ = [
    "Front",
    "FrontRequest",
    "FrontResponse",
    "Handler",
    "Route",
    "Service",
    "problem",
    "register",
    "register_service",
]
