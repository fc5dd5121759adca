"""What projects are found by, and the indexes behind every list that the public reads."""

import django.db.models.fields.json
from django.db import migrations, models

import trading.models.frozen
import trading.models.searching
from signatures.domain import guard
from trading.models.searching import normal

#: Every character of a text, every pair of neighbouring ones, and every three where one is a digit
#: or a Latin letter.
GRAMS = """
CREATE FUNCTION trading_grams(words text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT array_agg(DISTINCT gram)
    FROM generate_series(1, length(words)) AS place, generate_series(1, 3) AS width,
        substr(words, place, width) AS gram
    WHERE width < 3 OR gram COLLATE "C" ~ '[0-9a-z]'
)
"""


def fill(apps, schema_editor):
    """Rows from before: what they are found by, and since when they are public."""
    Project = apps.get_model("trading", "Project")
    rows = Project.objects.select_related("tenderee").prefetch_related("lots")
    changed = []

    def write():
        with guard.writes("migration"):
            Project.objects.bulk_update(changed, ["searchable", "published_at"])
        changed.clear()

    for project in rows.order_by("pk").iterator(chunk_size=1000):
        lots = [lot for lot in project.lots.all() if lot.published_at is not None]
        titles = [lot.title for lot in sorted(lots, key=lambda lot: lot.published_at)]
        project.searchable = normal(project.title, project.code, project.tenderee.name, *titles)
        project.published_at = min((lot.published_at for lot in lots), default=None)
        changed.append(project)
        if len(changed) == 1000:
            write()
    if changed:
        write()


def make_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(GRAMS)
        schema_editor.execute(
            "CREATE INDEX project_searchable ON trading_project"
            " USING gin (trading_grams(searchable)) WITH (fastupdate = off)"
        )


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX project_searchable")
        schema_editor.execute("DROP FUNCTION trading_grams(text)")


def date_of_lot(name):
    return django.db.models.fields.json.KeyTransform(name, "dates")


class Migration(migrations.Migration):
    dependencies = [
        ("trading", "0011_grievances"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="published_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="published at"),
        ),
        migrations.AddField(
            model_name="project",
            name="searchable",
            field=trading.models.searching.SearchText(default="", editable=False),
        ),
        migrations.AlterField(
            model_name="lot",
            name="procedure",
            field=trading.models.frozen.FrozenJSONField(default=dict),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(make_index, drop_index),
        migrations.AddIndex(
            model_name="project",
            index=models.Index(
                fields=["-created_at", "-id"],
                condition=models.Q(("published_at__isnull", False)),
                name="project_public_page",
            ),
        ),
        migrations.AddIndex(
            model_name="project",
            index=models.Index(
                fields=["category", "-created_at", "-id"],
                condition=models.Q(("published_at__isnull", False)),
                name="project_public_category_page",
            ),
        ),
        *(
            migrations.AddIndex(
                model_name="lot",
                index=models.Index(date_of_lot(name), models.F("id"), name=f"lot_{name}_date"),
            )
            for name in ("deadline", "opening", "award")
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(
                date_of_lot("deadline"),
                condition=models.Q(("ended_at_stage", ""), _negated=True),
                name="lot_ended_deadline",
            ),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(
                condition=models.Q(("kind", "notice"), _negated=True),
                fields=["-published_at", "lot"],
                name="document_feed",
            ),
        ),
        migrations.AddIndex(
            model_name="exhibit",
            index=models.Index(fields=["-filed_at", "lot", "kind"], name="exhibit_feed"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["template", "-sent_at", "lot"], name="message_feed"),
        ),
    ]
