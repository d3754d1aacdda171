"""The password of the ZIP that a file is in, sealed."""

from django.db import migrations

import tenants.fields


class Migration(migrations.Migration):
    dependencies = [("exports", "0005_limits")]

    operations = [
        migrations.AddField(
            "export",
            "password",
            tenants.fields.EncryptedTextField(editable=False, null=True, verbose_name="password of the ZIP"),
        ),
    ]
