"""The pages of the API's description. They are for looking: what OPTIONS would say has no template."""

from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

LOOKING = ("get", "head")


class SwaggerView(SpectacularSwaggerSplitView):
    http_method_names = LOOKING


class RedocView(SpectacularRedocView):
    """Without the font CDN that the stock template calls."""

    template_name = "api/redoc.html"
    http_method_names = LOOKING
