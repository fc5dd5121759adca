"""The day from which the clock looks whether a security is overdue, and the index it asks."""

from django.db import migrations, models

from signatures.domain import guard


def fill(apps, schema_editor):
    """Rows from before are looked at once, and their day is settled then."""
    rows = apps.get_model("trading", "Security").objects.filter(
        kind="bid", returned_on__isnull=True, alarmed_at__isnull=True
    )
    with guard.writes("migration"):
        rows.update(look_from=models.F("received_on"))


class Migration(migrations.Migration):
    dependencies = [("trading", "0015_prequalification")]

    operations = [
        migrations.AddField(
            model_name="security",
            name="look_from",
            field=models.DateField(blank=True, null=True, verbose_name="overdue from"),
        ),
        migrations.AddIndex(
            model_name="security",
            index=models.Index(
                condition=models.Q(("alarmed_at__isnull", True), ("returned_on__isnull", True)),
                fields=["look_from"],
                name="securities_to_look_at",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
