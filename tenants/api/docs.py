"""ReDoc without the font CDN that its stock template calls."""

from drf_spectacular.views import SpectacularRedocView


class RedocView(SpectacularRedocView):
    template_name = "api/redoc.html"
