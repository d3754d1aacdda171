"""User names are compared by a key that knows case, Unicode forms and look-alike letters, in the database, too."""

from django.db import migrations

import tenants.names


def fill(apps, schema_editor):
    """Names that only now turn out to look alike keep working: the later one gets its number into the key."""
    User = apps.get_model("tenants", "User")
    taken = set()
    for pk, username in User.objects.order_by("pk").values_list("pk", "username"):
        key = tenants.names.name_key(username)
        if key in taken:
            key = f"{key}#{pk}"
        taken.add(key)
        User.objects.filter(pk=pk).update(username_key=key)


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_machines")]

    operations = [
        migrations.AlterModelManagers(name="user", managers=[]),
        migrations.RemoveConstraint(model_name="user", name="user_username_caseless"),
        migrations.AddField(
            "user", "username_key", tenants.names.NameKeyField(editable=False, max_length=200, null=True)
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            "user", "username_key", tenants.names.NameKeyField(editable=False, max_length=200, unique=True)
        ),
    ]
