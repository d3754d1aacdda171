import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import tenants.fields
from tenants.trail import triggers


def lock(apps, schema_editor):
    triggers.install(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0003_name_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditChain",
            fields=[
                ("owner", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ("key", tenants.fields.EncryptedTextField()),
                ("position", models.PositiveBigIntegerField(default=0)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("streamed", models.PositiveBigIntegerField(default=0)),
                ("sealed_until", models.DateTimeField(null=True)),
                ("verified_at", models.DateTimeField(null=True)),
                ("finding", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="AuditLink",
            fields=[
                ("entry", models.UUIDField(primary_key=True, serialize=False)),
                ("position", models.PositiveBigIntegerField()),
                ("digest", models.CharField(max_length=64)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="auditentry",
            name="audit_object",
        ),
        migrations.AddField(
            model_name="auditentry",
            name="user_agent",
            field=models.CharField(blank=True, max_length=300, verbose_name="program"),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="created_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now, editable=False, verbose_name="when"
            ),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="tenant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="tenants.tenant",
                verbose_name="company",
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["tenant", "object_id", "-id"], name="audit_object"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["tenant", "actor", "-id"], name="audit_actor"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["tenant", "action", "-id"], name="audit_action"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["tenant", "object_name", "-id"], name="audit_object_name"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("address__isnull", False)),
                fields=["tenant", "address", "-id"],
                name="audit_address",
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("correlation_id__isnull", False)),
                fields=["correlation_id"],
                name="audit_correlation",
            ),
        ),
        migrations.AddField(
            model_name="auditlink",
            name="chain",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="links",
                to="tenants.auditchain",
            ),
        ),
        migrations.AddConstraint(
            model_name="auditlink",
            constraint=models.UniqueConstraint(fields=("chain", "position"), name="audit_link_position"),
        ),
        migrations.RunPython(lock, migrations.RunPython.noop),
    ]
