"""What projects are found by on PostgreSQL: an index of single, paired and tripled characters."""

from django.db import migrations

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


class Migration(migrations.Migration):
    dependencies = [("trading", "0001_initial")]

    operations = [migrations.RunPython(make_index, drop_index)]
