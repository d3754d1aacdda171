"""Headers that an endpoint's owner adds may carry a credential, whatever the form asks for."""

import json

from django.db import migrations, models

import tenants.fields


def seal_headers(apps, schema_editor):
    """The column holds JSON text at this point; the field gives the sealed form under its final name."""
    Endpoint = apps.get_model("webhooks", "Endpoint")
    field = tenants.fields.EncryptedJSONField()
    field.model, field.name = Endpoint, "headers"
    for key, text in Endpoint.objects.values_list("pk", "headers"):
        Endpoint.objects.filter(pk=key).update(headers=field.get_prep_value(json.loads(text)))


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0002_sources")]

    operations = [
        migrations.AlterField("endpoint", "headers", models.TextField(blank=True, default=dict)),
        migrations.RunPython(seal_headers, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            "endpoint",
            "headers",
            tenants.fields.EncryptedJSONField(
                blank=True,
                default=dict,
                help_text="Sent with every request and shown to everybody here: no passwords.",
                verbose_name="extra headers",
            ),
        ),
    ]
