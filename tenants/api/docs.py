"""The API's description, and the pages that show it. They are for looking: what OPTIONS would say has no template."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework.request import Request

LOOKING = ("get", "head")


class SchemaView(SpectacularAPIView):
    """The same for everybody, and a second's work: written once in each form and language while the process lives.

    `lang` chooses one of the languages that there are; any other word leaves the reader's own.
    """

    http_method_names = LOOKING

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.GET.get("lang", "")
        language = asked if asked in dict(settings.LANGUAGES) else translation.get_language()
        renderer: Any = request.accepted_renderer
        form: Any = type(renderer)
        generator: Any = self.generator_class
        with translation.override(language):
            content = _written(form, generator, language)
        name = f'inline; filename="{self._get_filename(request, None)}"'
        return HttpResponse(
            content, content_type=renderer.media_type, headers={"Content-Disposition": name, "Vary": "Accept"}
        )


@cache
def _written(renderer: Any, generator: Any, _language: str | None) -> bytes:
    content: bytes = renderer().render(generator().get_schema(request=None, public=True), renderer_context={})
    return content


class SwaggerView(SpectacularSwaggerSplitView):
    http_method_names = LOOKING


class RedocView(SpectacularRedocView):
    """Without the font CDN that the stock template calls."""

    template_name = "api/redoc.html"
    http_method_names = LOOKING
