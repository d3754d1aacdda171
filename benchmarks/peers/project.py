"""What one would write first: a Celery task for each delivery, by hand or by django-webhook. Runs in the peers' environment.

`project.py prepare` makes the tables, `project.py enqueue celery|django-webhook COUNT` asks for deliveries, `celery -A project worker` does them.
"""

import hashlib
import hmac
import json
import os
import sys
import time
import uuid
from base64 import b64encode
from urllib.parse import urlsplit

import django
import requests
from celery import Celery
from django.conf import settings

DATABASE = urlsplit(os.environ["PEERS_DATABASE_URL"])
TARGETS = json.loads(os.environ["PEERS_TARGETS"])
SECRET = b"0123456789abcdef0123456789abcdef"
BODY = {
    "type": "call.ended",
    "timestamp": "2026-11-21T09:40:29.121Z",
    "data": {"id": str(uuid.UUID(int=1)), "text": "x" * 330},
}

# Before anybody declares tasks: django-webhook's belong to the app that is current when they are imported.
app = Celery("peers", broker=os.environ["PEERS_BROKER_URL"])
app.set_default()
app.conf.update(task_ignore_result=True, task_default_queue=f"peers-{DATABASE.path.lstrip('/')}")

settings.configure(
    SECRET_KEY="peers",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django_webhook"],
    DJANGO_WEBHOOK={"MODELS": []},
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": DATABASE.path.lstrip("/"),
            "USER": DATABASE.username or "",
            "PASSWORD": DATABASE.password or "",
            "HOST": DATABASE.hostname or "",
            "PORT": DATABASE.port or "",
            "CONN_MAX_AGE": None,
        }
    },
)
django.setup()

from django.core.management import call_command  # noqa: E402 needs the settings above
from django.db import connection, models  # noqa: E402
from django.utils import timezone  # noqa: E402
from django_webhook.models import Webhook, WebhookSecret  # noqa: E402
from django_webhook.tasks import fire_webhook  # noqa: E402


class Delivery(models.Model):
    url = models.TextField()
    body = models.TextField()
    state = models.CharField(max_length=10, default="pending")
    status = models.IntegerField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "django_webhook"
        db_table = "peers_delivery"


class Attempt(models.Model):
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE)
    status = models.IntegerField()
    seconds = models.FloatField()
    answer = models.TextField()

    class Meta:
        app_label = "django_webhook"
        db_table = "peers_attempt"


@app.task(name="deliver")
def deliver(delivery_id: int) -> None:
    """One row, one signed request, its outcome and an attempt row written back."""
    delivery = Delivery.objects.get(pk=delivery_id)
    now, body = int(time.time()), delivery.body.encode()
    signed = hmac.digest(SECRET, b"%d.%d.%s" % (delivery_id, now, body), hashlib.sha256)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": str(delivery_id),
        "webhook-timestamp": str(now),
        "webhook-signature": f"v1,{b64encode(signed).decode()}",
    }
    began = time.monotonic()
    answer = requests.post(delivery.url, data=body, headers=headers, timeout=20)
    Attempt.objects.create(
        delivery=delivery, status=answer.status_code, seconds=time.monotonic() - began, answer=answer.text
    )
    Delivery.objects.filter(pk=delivery_id).update(
        state="done", status=answer.status_code, sent_at=timezone.now()
    )


def prepare() -> None:
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Delivery)
        editor.create_model(Attempt)
    for url in TARGETS:
        webhook = Webhook.objects.create(url=url, active=True)
        WebhookSecret.objects.create(webhook=webhook, token=SECRET.decode())


def enqueue(kind: str, count: int) -> None:
    if kind == "celery":
        body = json.dumps(BODY)
        rows = Delivery.objects.bulk_create(
            [Delivery(url=TARGETS[number % len(TARGETS)], body=body) for number in range(count)]
        )
        for row in rows:
            deliver.delay(row.pk)
    else:
        ids = list(Webhook.objects.values_list("pk", flat=True))
        for number in range(count):
            fire_webhook.delay(
                ids[number % len(ids)], json.dumps(BODY), topic="call/ended", object_type="call"
            )


if __name__ == "__main__":
    prepare() if sys.argv[1] == "prepare" else enqueue(sys.argv[2], int(sys.argv[3]))
