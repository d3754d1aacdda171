"""A simulator's page: the document, its files, its live stream and its buttons."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.template import Context, Engine
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from tenants.simulation.messages import Reply, Request, json_object
from tenants.simulation.routes import Routes

if TYPE_CHECKING:
    from tenants.simulation.simulator import BaseSimulator

SHARED_FOLDER = Path(__file__).parent / "page"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = (
    ("Content-Security-Policy", CSP),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)


class Screen:
    """Serves `/` and everything below `/_page/`; the rest belongs to the simulated system."""

    def __init__(self, simulator: "BaseSimulator") -> None:
        self._simulator = simulator
        folders = [simulator.folder, SHARED_FOLDER]
        self._files = {
            path.name: path
            for folder in reversed(folders)
            for path in folder.iterdir()
            if path.suffix in TYPES
        }
        self._engine = Engine(
            dirs=[str(folder) for folder in folders],
            libraries={"i18n": "django.templatetags.i18n"},
            builtins=["django.templatetags.i18n"],
        )
        self._routes = Routes(
            {
                ("GET", "/"): self._document,
                ("GET", "/_page/stream"): self._stream,
                ("GET", "/_page/state"): self._state,
                ("POST", "/_page/act/{action}"): self._act,
                ("GET", "/_page/{name}"): self._file,
            }
        )

    def reply(self, request: Request) -> Reply | None:
        """The answer, when the request is for the page."""
        handler = self._routes.find(request)
        if handler is None and request.path.startswith("/_page/"):
            return Reply.json({"error": "no such page"}, 404)
        return handler() if handler else None

    def _document(self, request: Request) -> Reply:
        language = language_of(request)
        with translation.override(language):
            context = Context(
                {
                    "language": language,
                    "languages": [(code, code.upper()) for code, _name in settings.LANGUAGES],
                    "title": self._simulator.title,
                }
            )
            return Reply.html(self._engine.get_template("screen.html").render(context), headers=HEADERS)

    def _file(self, request: Request, name: str) -> Reply:
        path = self._files.get(name)
        if path is None:
            return Reply.json({"error": "no such file"}, 404)
        return Reply(200, path.read_bytes(), TYPES[path.suffix], HEADERS)

    def _snapshot(self, language: str) -> bytes:
        with translation.override(language):
            return json.dumps(self._simulator.snapshot(language), default=str).encode()

    def _state(self, request: Request) -> Reply:
        return Reply(200, self._snapshot(language_of(request)), headers=HEADERS)

    def _stream(self, request: Request) -> Reply:
        language = language_of(request)
        stream = self._simulator.changes.stream(lambda: self._snapshot(language))
        return Reply(200, content_type="text/event-stream", headers=HEADERS, stream=stream)

    def _act(self, request: Request, action: str) -> Reply:
        """Buttons send JSON, which a page of another origin cannot do behind a person's back."""
        perform = self._simulator.actions().get(action)
        if perform is None:
            return Reply.json({"error": "no such action"}, 404)
        if request.content_type != "application/json":
            return Reply.json({"error": "send application/json"}, 415)
        with translation.override(language_of(request)):
            try:
                message = perform(json_object(request))
            except ValueError as error:
                return Reply.json({"message": str(error)}, 400)
        self._simulator.changes.touch()
        return Reply.json({"message": message})


def language_of(request: Request) -> str:
    """The language asked for by `?lang=`, else by the browser, else the installation's."""
    known = {code for code, _name in settings.LANGUAGES}
    wanted = [request.query.get("lang", "")]
    wanted += [code for code, _weight in parse_accept_lang_header(request.header("accept-language"))]
    return next(
        (code for code in (each[:2].lower() for each in wanted) if code in known), settings.LANGUAGE_CODE
    )
