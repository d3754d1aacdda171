"""The ORM view as one would deploy it: gunicorn, two workers of sixteen threads, no middleware at all.

It is the peer that the target of ingest was set by. Gunicorn is of the peers' environment (`benchmarks.peers`), everything
else of Switchboard's own.
"""

import os
import sys

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.urls import path

from benchmarks import peers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from benchmarks.ingest_view import orm  # noqa: E402 models need their applications

settings.MIDDLEWARE = []
settings.ROOT_URLCONF = "benchmarks.ingest_gunicorn"
urlpatterns = [path("orm", orm), path("start", orm)]  # the second is asked whether anybody is there
application = WSGIHandler()

WORKERS, THREADS = 2, 16


def main() -> None:
    """Become gunicorn, at the port of the environment."""
    start = (
        f"import sys; sys.path.append({str(peers.packages())!r}); from gunicorn.app.wsgiapp import run; run()"
    )
    options = ["--worker-class", "gthread", "--workers", str(WORKERS), "--threads", str(THREADS)]
    bind = ["--bind", f"127.0.0.1:{os.environ['PORT']}", "--keep-alive", "60"]
    application_path = f"{settings.ROOT_URLCONF}:application"
    os.execv(sys.executable, [sys.executable, "-c", start, *options, *bind, application_path])


if __name__ == "__main__":
    main()
