"""The address of an endpoint may be all that its receiver asks for, and requests bring whatever their senders put in."""

import json
from urllib.parse import urlsplit

import django.core.validators
from django.db import migrations, models

import tenants.fields

BATCH = 16  # bodies of up to two megabytes are in memory at once


def bound(field, model, name):
    """A field that seals under its final name: the columns hold plain values at this point."""
    field.model, field.name = model, name
    return field.get_prep_value


def seal_urls(apps, schema_editor):
    Endpoint = apps.get_model("webhooks", "Endpoint")
    seal = bound(tenants.fields.EncryptedTextField(), Endpoint, "url")
    for key, url in Endpoint.objects.values_list("pk", "url"):
        Endpoint.objects.filter(pk=key).update(url=seal(url), host=urlsplit(url).netloc)


def seal_requests(apps, schema_editor):
    Inbound = apps.get_model("webhooks", "Inbound")
    seal_query = bound(tenants.fields.EncryptedTextField(), Inbound, "query")
    seal_headers = bound(tenants.fields.EncryptedJSONField(), Inbound, "headers")
    seal_body = bound(tenants.fields.EncryptedBytesField(), Inbound, "body")
    keys = list(Inbound.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        rows = Inbound.objects.filter(pk__in=keys[start : start + BATCH])
        for key, query, headers, body in rows.values_list("pk", "query", "headers", "body"):
            Inbound.objects.filter(pk=key).update(
                query=seal_query(query), headers=seal_headers(json.loads(headers)), body=seal_body(body)
            )


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0003_sealed_headers")]

    operations = [
        migrations.AddField(
            "endpoint",
            "host",
            models.CharField(blank=True, default="", editable=False, max_length=300, verbose_name="host"),
            preserve_default=False,
        ),
        migrations.AlterField("endpoint", "url", models.TextField()),
        migrations.RunPython(seal_urls, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            "endpoint",
            "url",
            tenants.fields.EncryptedTextField(
                help_text="Events are posted here as JSON.",
                max_length=2000,
                validators=[django.core.validators.MaxLengthValidator(2000)],
                verbose_name="URL",
            ),
        ),
        migrations.AlterField("inbound", "query", models.TextField(blank=True, default="")),
        migrations.AlterField("inbound", "headers", models.TextField(default=dict)),
        migrations.RunPython(seal_requests, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            "inbound",
            "query",
            tenants.fields.EncryptedTextField(
                blank=True, default="", max_length=2000, verbose_name="parameters of the URL"
            ),
        ),
        migrations.AlterField(
            "inbound", "headers", tenants.fields.EncryptedJSONField(default=dict, verbose_name="headers")
        ),
        migrations.AlterField("inbound", "body", tenants.fields.EncryptedBytesField(verbose_name="body")),
    ]
