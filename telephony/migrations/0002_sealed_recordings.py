"""Where recordings lie is encrypted: in calls, and in what the exchanges sent."""

from django.db import migrations, models

import telephony.models.pbx
import tenants.fields
from telephony.ingest.extraction import mask_fields

FIELDS = ("Recording", "File")
MASK = "•••"
BATCH = 500


def seal_calls(apps, schema_editor):
    """The column holds text at this point; the field gives the sealed form under its final name."""
    Call = apps.get_model("telephony", "Call")
    field = tenants.fields.EncryptedTextField(null=True)
    field.model, field.name = Call, "recording"
    Call.objects.filter(recording="").update(recording=None)
    for key, path in Call.objects.exclude(recording=None).values_list("pk", "recording").iterator(BATCH):
        Call.objects.filter(pk=key).update(recording=field.get_prep_value(path))


def seal_templates(apps, schema_editor):
    Pbx = apps.get_model("telephony", "Pbx")
    field = tenants.fields.EncryptedTextField()
    field.model, field.name = Pbx, "recording_url_template"
    for key, template in Pbx.objects.values_list("pk", "recording_url_template"):
        Pbx.objects.filter(pk=key).update(recording_url_template=field.get_prep_value(template))


def seal_events(apps, schema_editor):
    CallEvent = apps.get_model("telephony", "CallEvent")
    for event in CallEvent.objects.order_by("pk").iterator(BATCH):
        payload = event.payload if isinstance(event.payload, dict) else {}
        sealed = {name: payload.pop(name) for name in FIELDS if payload.get(name)}
        raw = mask_fields(event.raw, MASK)
        if sealed or raw != event.raw:
            CallEvent.objects.filter(pk=event.pk).update(payload=payload, sealed=sealed or None, raw=raw)


class Migration(migrations.Migration):
    dependencies = [("telephony", "0001_initial")]

    operations = [
        migrations.AddField("callevent", "sealed", tenants.fields.EncryptedJSONField(null=True)),
        migrations.AlterField("call", "recording", models.TextField(null=True)),
        migrations.RunPython(seal_calls, migrations.RunPython.noop, elidable=True),
        migrations.AlterField("pbx", "recording_url_template", models.TextField(blank=True, default="")),
        migrations.RunPython(seal_templates, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(seal_events, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            "call", "recording", tenants.fields.EncryptedTextField(null=True, verbose_name="recording")
        ),
        migrations.AlterField(
            "pbx",
            "recording_url_template",
            tenants.fields.EncryptedTextField(
                blank=True,
                default="",
                help_text="For example https://pbx.example/rec/{path}. Empty: no link is sent to the CRM.",
                max_length=500,
                validators=[telephony.models.pbx.validate_template],
                verbose_name="address of recordings",
            ),
        ),
    ]
