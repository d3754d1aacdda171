from django.db import migrations, models

import tenants.intranet


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0004_audit_chain"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="egress_allow",
            field=models.CharField(
                blank=True,
                help_text="Private addresses that this company's integrations and webhooks may reach; set by operators only.",
                max_length=1000,
                validators=[tenants.intranet.validate_exceptions],
                verbose_name="own network",
            ),
        ),
    ]
