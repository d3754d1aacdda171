"""The ASGI application: routes to front handlers or to Django, and runs the services beside them."""

import asyncio
import logging
from http import HTTPStatus

from config.front import bodies, registry
from config.front.asgi_types import App, Receive, Scope, Send
from config.front.messages import FrontRequest, FrontResponse, problem
from config.front.proxies import Proxies
from config.front.registry import Registry, Route, Service

logger = logging.getLogger("switchboard.front")

# The supervisor kills the web process 15 s after asking it to stop; answers and the last commit must fit below that.
LAST_ANSWERS_SECONDS = 6
SERVICE_STOP_SECONDS = 4
# The server itself takes 400 kB and a hundred lines; nothing honest comes near this.
MOST_HEADER_BYTES = 32 * 1024


class Front:
    """`django` is an ASGI application for every path that no room has registered."""

    def __init__(self, django: App, proxies: Proxies, routes: Registry = registry.default) -> None:
        self._django = django
        self._proxies = proxies
        self._routes = routes
        self._open_requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._http(scope, receive, send)
            case "lifespan":
                await self._lifespan(receive, send)
            case "websocket":
                await send({"type": "websocket.close", "code": 1000})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._open_requests += 1
        try:
            if sum(len(name) + len(value) for name, value in scope["headers"]) > MOST_HEADER_BYTES:
                refusal = problem(
                    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                    f"At most {MOST_HEADER_BYTES} bytes of headers are taken.",
                    bodies.CLOSE,
                )
                await refusal.send_with(send)
                return
            route = self._routes.find(scope["path"])
            if route is None:
                await self._django(scope, receive, send)
            else:
                response = await self._answer(route, scope, receive)
                await response.send_with(send)
        finally:
            self._open_requests -= 1

    async def _answer(self, route: Route, scope: Scope, receive: Receive) -> FrontResponse:
        if scope["method"] not in route.methods:
            allowed = ", ".join(sorted(route.methods))
            return problem(HTTPStatus.METHOD_NOT_ALLOWED, f"Use {allowed}.", [("Allow", allowed)])
        headers = scope["headers"]
        try:
            body = await bodies.read_body(headers, receive, route.body_limit)
        except bodies.REFUSED as error:
            return bodies.refusal(error, route.body_limit)
        request = FrontRequest(
            scope["method"],
            scope["path"],
            scope["query_string"],
            headers,
            body,
            self._proxies.origin(scope).client,
        )
        return await self._handle(route, request)

    async def _handle(self, route: Route, request: FrontRequest) -> FrontResponse:
        try:
            return await route.handler(request)
        except Exception:
            # The last line of defence: the sender is told to come back, the log has the whole story.
            logger.exception("The handler of %s failed", route.path)
            return problem(
                HTTPStatus.SERVICE_UNAVAILABLE, "Not stored. Send it again.", [("Retry-After", "1")]
            )

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        started: list[Service] = []
        try:
            for service in self._routes.services:
                await service.start()
                started.append(service)
        except Exception as error:
            logger.exception("A service of the web process did not start")
            await _stop(started)
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})

        await receive()
        # Granian sends the shutdown message while requests are still being answered.
        await self._wait_for_answers()
        await _stop(started)
        await send({"type": "lifespan.shutdown.complete"})

    async def _wait_for_answers(self) -> None:
        deadline = asyncio.get_running_loop().time() + LAST_ANSWERS_SECONDS
        while self._open_requests:
            if asyncio.get_running_loop().time() > deadline:
                logger.warning("Stopped with %d requests unanswered", self._open_requests)
                return
            await asyncio.sleep(0.02)


async def _stop(services: list[Service]) -> None:
    for service in reversed(services):
        try:
            await asyncio.wait_for(service.stop(), SERVICE_STOP_SECONDS)
        except Exception:
            # The others must still get their chance to finish what they accepted.
            logger.exception("The service %s did not stop cleanly", service.name)
