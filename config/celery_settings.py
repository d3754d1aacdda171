"""Celery's settings. Read lazily, after Django's."""

from typing import Any

from celery.schedules import crontab
from kombu import Queue

from config.env import DATA_DIR, env

QUEUES = ("calls", "webhooks", "integrations", "exports", "upkeep")

broker_url: str = env.str("BROKER_URL", default="filesystem://")
task_ignore_result = True
task_acks_late = True
task_reject_on_worker_lost = True
worker_prefetch_multiplier = 1
# Lanes keep their own threads in the worker's process; a wake-up must reach that process, so no forked children.
worker_pool = "threads"
worker_concurrency = env.int("WORKER_THREADS", default=4)
worker_hijack_root_logger = False
worker_send_task_events = False
worker_cancel_long_running_tasks_on_connection_loss = False
broker_connection_retry_on_startup = True
broker_connection_retry = True
broker_connection_max_retries = None
task_default_queue = "upkeep"
task_create_missing_queues = False
beat_max_loop_interval = 5
timezone = env.str("TIME_ZONE", default="UTC")

broker_transport_options: dict[str, Any]
if broker_url.startswith("filesystem://"):
    broker_transport = "config.broker:Transport"
    _messages = DATA_DIR / "broker"
    for _name in ("queue", "control"):
        (_messages / _name).mkdir(parents=True, exist_ok=True)
    broker_transport_options = {
        "data_folder_in": str(_messages / "queue"),
        "data_folder_out": str(_messages / "queue"),
        "control_folder": str(_messages / "control"),
        "polling_interval": 0.25,  # who waits for it is woken by the bell or the lookout
    }
    worker_enable_remote_control = False
    task_queues = [Queue(name) for name in QUEUES]
elif broker_url.startswith(("amqp://", "amqps://", "pyamqp://")):
    broker_transport_options = {"confirm_publish": False, "socket_timeout": 5}
    worker_enable_remote_control = False
    worker_detect_quorum_queues = True
    # A quorum queue survives the loss of a node; its messages are only hints, so it is kept short.
    task_queues = [
        Queue(
            name,
            queue_arguments={"x-queue-type": "quorum", "x-max-length": 10_000, "x-overflow": "drop-head"},
        )
        for name in QUEUES
    ]
else:
    broker_transport_options = {"visibility_timeout": 3600, "socket_timeout": 5, "socket_connect_timeout": 5}
    worker_enable_remote_control = False
    task_queues = [Queue(name) for name in QUEUES]

beat_schedule = {
    "read-call-records": {
        "task": "telephony.tasks.read_call_records",
        "schedule": 300.0,
        "options": {"queue": "upkeep", "expires": 290},
    },
    "fill-outages": {
        "task": "telephony.tasks.fill_outages",
        "schedule": 15.0,
        "options": {"queue": "upkeep", "expires": 14},
    },
    "expire-exports": {
        "task": "exports.tasks.expire",
        "schedule": 300.0,
        "options": {"queue": "upkeep", "expires": 290},
    },
    "due-exports": {
        "task": "exports.tasks.start_due",
        "schedule": 30.0,
        "options": {"queue": "upkeep", "expires": 29},
    },
    "ask-for-updates": {
        "task": "integrations.tasks.ask_for_updates",
        "schedule": 30.0,
        "options": {"queue": "integrations", "expires": 25},
    },
    "forget-exchanges": {
        "task": "integrations.tasks.forget_exchanges",
        "schedule": crontab(minute=41),
        "options": {"queue": "upkeep"},
    },
    "forget-messages": {
        "task": "integrations.tasks.forget_messages",
        "schedule": crontab(minute=47),
        "options": {"queue": "upkeep"},
    },
    "check-integrations": {
        "task": "integrations.tasks.check",
        "schedule": 60.0,
        "options": {"queue": "upkeep", "expires": 55},
    },
    "keep-access-alive": {
        "task": "integrations.tasks.keep_access_alive",
        "schedule": crontab(minute=17, hour="*/4"),
        "options": {"queue": "upkeep"},
    },
    "forget-recordings": {
        "task": "telephony.tasks.forget_recordings",
        "schedule": crontab(minute=33),
        "options": {"queue": "upkeep"},
    },
    "forget-redirects": {
        "task": "telephony.tasks.forget_redirects",
        "schedule": crontab(minute=53),
        "options": {"queue": "upkeep"},
    },
    "forget-clicks": {
        "task": "telephony.tasks.forget_clicks",
        "schedule": crontab(minute=57),
        "options": {"queue": "upkeep"},
    },
    "forget-deliveries": {
        "task": "webhooks.tasks.forget",
        "schedule": crontab(minute=29),
        "options": {"queue": "upkeep"},
    },
    "due-reports": {
        "task": "webhooks.tasks.report",
        "schedule": 30.0,
        "options": {"queue": "upkeep", "expires": 29},
    },
    "watch-endpoints": {
        "task": "webhooks.tasks.watch",
        "schedule": crontab(minute=7),
        "options": {"queue": "upkeep"},
    },
    "compare-directories": {
        "task": "integrations.tasks.compare_directories",
        "schedule": 60.0,
        "options": {"queue": "upkeep", "expires": 55},
    },
    "start-due-syncs": {
        "task": "integrations.tasks.start_due_syncs",
        "schedule": 15.0,
        "options": {"queue": "upkeep", "expires": 14},
    },
    "search-duplicates": {
        "task": "integrations.tasks.search_duplicates",
        "schedule": crontab(hour=2, minute=37),
        "options": {"queue": "upkeep"},
    },
    "give-up-calls": {
        "task": "telephony.tasks.give_up",
        "schedule": 600.0,
        "options": {"queue": "upkeep", "expires": 590},
    },
    "wake-lanes": {
        "task": "tenants.tasks.sweep",
        "schedule": 30.0,
        "options": {"queue": "upkeep", "expires": 25},
    },
    "seal-audit": {
        "task": "tenants.tasks.seal_audit",
        "schedule": 10.0,
        "options": {"queue": "upkeep", "expires": 9},
    },
    "verify-audit": {
        "task": "tenants.tasks.verify_audit",
        "schedule": crontab(hour=3, minute=53),
        "options": {"queue": "upkeep"},
    },
    "forget-old-rows": {
        "task": "tenants.tasks.forget",
        "schedule": crontab(minute=17),
        "options": {"queue": "upkeep"},
    },
}
