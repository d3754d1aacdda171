"""Calls from before their clients' numbers were kept backwards, too, are found by the end of a number."""

from django.db import migrations

# One statement: a million calls are not brought here.
POSTGRESQL = """UPDATE telephony_call SET client_tail = left(reverse(regexp_replace(
    coalesce(nullif(client_number, ''), client_raw), '[^0-9]', '', 'g')), 20)
    WHERE client_tail = '' AND (client_number <> '' OR client_raw <> '')"""
BATCH = 500


def fill_tails(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)
        return
    calls = apps.get_model("telephony", "Call").objects.filter(client_tail="")
    for key, number, raw in calls.values_list("pk", "client_number", "client_raw").iterator(BATCH):
        tail = "".join(digit for digit in reversed(number or raw) if digit in "0123456789")[:20]
        if tail:
            calls.filter(pk=key).update(client_tail=tail)


class Migration(migrations.Migration):
    dependencies = [("telephony", "0013_people")]

    operations = [migrations.RunPython(fill_tails, migrations.RunPython.noop, elidable=True)]
