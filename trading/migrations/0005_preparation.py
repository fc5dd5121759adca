import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F


def note_the_end(apps, schema_editor):
    """Lots that ended before this column was there stand at the stage at which they ended."""
    lots = apps.get_model("trading", "Lot").objects
    lots.filter(state__in=("terminated", "failed")).update(ended_at_stage=F("stage"))


class Migration(migrations.Migration):
    dependencies = [("trading", "0004_organisation_refused_at")]

    operations = [
        migrations.AddField(
            model_name="lot",
            name="ended_at_stage",
            field=models.CharField(blank=True, max_length=40, verbose_name="ended at the stage"),
        ),
        migrations.AddField(
            model_name="lot",
            name="halted_for",
            field=models.CharField(blank=True, max_length=500, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="document",
            name="kind",
            field=models.CharField(
                choices=[
                    ("notice", "tender notice"),
                    ("tender-document", "tender document"),
                    ("clarification", "clarification"),
                    ("attachment", "attachment"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="Preparation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("notice", models.JSONField(default=dict)),
                ("dates", models.JSONField(default=dict)),
                ("files", models.JSONField(default=list)),
                (
                    "lot",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="preparation",
                        to="trading.lot",
                    ),
                ),
            ],
            options={"verbose_name": "preparation", "verbose_name_plural": "preparations"},
        ),
        migrations.RunPython(note_the_end, migrations.RunPython.noop),
    ]
