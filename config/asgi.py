"""The web process: `granian --interface asgi config.asgi:application` (config/supervisor/processes.py has all flags)."""

import resource
import sys

from config.supervisor import tether

tether.rejoin()

from django.conf import settings  # noqa: E402 a worker whose parent dies while Django loads must die too

from config.env import env  # noqa: E402
from config.front import Front  # noqa: E402
from config.front.bridge import WsgiBridge  # noqa: E402
from config.front.proxies import Proxies  # noqa: E402
from config.supervisor.processes import CONNECTIONS  # noqa: E402
from config.wsgi import application as django  # noqa: E402

# The event loop waits for the interpreter whenever an admin page is being rendered, by default up to 5 ms a turn, and
# the thread that commits waits behind the event loop. With a short turn the front answers seven times as many requests
# beside a busy admin (docs/architecture.md).
sys.setswitchinterval(0.0002)

# Linux gives a process 1024 open files until it asks for more: fewer than connections that are taken.
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
_wanted = CONNECTIONS + 1024
if _soft != resource.RLIM_INFINITY and _soft < _wanted:
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (_wanted if _hard == resource.RLIM_INFINITY else min(_wanted, _hard), _hard)
    )

_proxies = Proxies(settings.TRUSTED_PROXIES)
application = Front(
    WsgiBridge(
        django,
        _proxies,
        threads=env.int("WEB_THREADS", default=8),
        queue=256,
        body_limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0,
        upload_limit=env.int("MAX_UPLOAD_SIZE", default=50 * 1024 * 1024),
    ),
    _proxies,
)
