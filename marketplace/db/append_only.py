"""Tables whose rows may be added but never changed, or not once they are closed: the database itself refuses, whatever the code does."""

from collections.abc import Iterator


def forbid_changes(table: str, dialect: str) -> Iterator[str]:
    """The statements, for a migration, that make UPDATE and DELETE on ``table`` fail."""
    if dialect == "postgresql":
        yield (
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
        yield (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        yield (
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def forbid_reopening(table: str, column: str, dialect: str) -> Iterator[str]:
    """The statements that make UPDATE and DELETE fail for rows of ``table`` in which ``column`` is set: what is closed stays so."""
    if dialect == "postgresql":
        yield (
            f"CREATE TRIGGER {table}_stay_closed BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW WHEN (OLD.{column} IS NOT NULL) EXECUTE FUNCTION refuse_change()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        yield (
            f"CREATE TRIGGER {table}_stay_closed_{verb.lower()} BEFORE {verb} ON {table} "
            f"WHEN OLD.{column} IS NOT NULL BEGIN SELECT RAISE(ABORT, '{table} stay closed'); END"
        )
