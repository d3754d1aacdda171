"""What a file takes away is counted for itself."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exports", "0006_passwords"),
    ]

    operations = [
        migrations.AddField(
            model_name="import",
            name="removed",
            field=models.PositiveBigIntegerField(default=0, verbose_name="taken away"),
        ),
        migrations.AlterField(
            model_name="importrow",
            name="action",
            field=models.CharField(
                choices=[
                    ("new", "new"),
                    ("changed", "changed"),
                    ("removed", "taken away"),
                    ("same", "the same"),
                    ("error", "error"),
                    ("skipped", "left out"),
                ],
                max_length=10,
                verbose_name="what it does",
            ),
        ),
    ]
