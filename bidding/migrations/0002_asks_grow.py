"""The database itself refuses an ask out of turn, one that is not strictly better, and a change."""

from django.db import migrations

WHY = "asks_grow: an ask is the next of its lot and strictly better than the last"

SQLITE = (
    f"""
    CREATE TRIGGER asks_grow BEFORE INSERT ON bidding_floorask
    WHEN NEW.seq <> 1 + COALESCE(
            (SELECT max(seq) FROM bidding_floorask WHERE lot_id = NEW.lot_id), 0)
        OR NEW.worth <= (SELECT max(worth) FROM bidding_floorask WHERE lot_id = NEW.lot_id)
    BEGIN SELECT RAISE(ABORT, '{WHY}'); END
    """,
    f"""
    CREATE TRIGGER asks_stand BEFORE UPDATE ON bidding_floorask
    BEGIN SELECT RAISE(ABORT, '{WHY}'); END
    """,
)
POSTGRESQL = (
    f"""
    CREATE FUNCTION asks_grow() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' OR NEW.seq <> 1 + COALESCE(
                (SELECT max(seq) FROM bidding_floorask WHERE lot_id = NEW.lot_id), 0)
            OR NEW.worth <= (SELECT max(worth) FROM bidding_floorask WHERE lot_id = NEW.lot_id)
        THEN RAISE EXCEPTION '{WHY}' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER asks_grow BEFORE INSERT OR UPDATE ON bidding_floorask
    FOR EACH ROW EXECUTE FUNCTION asks_grow()
    """,
)


def add(apps, schema_editor):
    for line in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(line)


def take_away(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER asks_grow")
        schema_editor.execute("DROP TRIGGER asks_stand")
    else:
        schema_editor.execute("DROP TRIGGER asks_grow ON bidding_floorask")
        schema_editor.execute("DROP FUNCTION asks_grow()")


class Migration(migrations.Migration):
    dependencies = [("bidding", "0001_initial")]

    operations = [migrations.RunPython(add, take_away)]
