"""Bring a database to this version's schema."""

from pathlib import Path

from sqlalchemy import Connection, inspect

from facegate.errors import StorageError

SCHEMA_REVISION = "0001"
"""The newest revision in `migrations/versions`; a test keeps it true."""

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(connection: Connection, path: Path) -> None:
    """Run the missing migrations inside the connection's transaction: all of them, or none.

    Args:
        connection: in a transaction that holds the write lock, so that two starting processes take turns.
        path: the database file, for messages.

    Raises:
        StorageError: the schema is unknown to this version, or the tables are not facegate's.
    """
    current = _revision(connection, path)
    if current == SCHEMA_REVISION:
        return
    # Imported late: an up-to-date database does not pay for it.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    if current is not None and current not in {s.revision for s in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}:
        raise StorageError(
            f"The database {path} has schema {current}, which facegate knows only from a later version than this "
            f"(this one writes {SCHEMA_REVISION}). Update facegate, or put a backup of the older database in place.",
            details={"file": str(path), "schema": current},
        )
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(connection: Connection, path: Path) -> str | None:
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if tables:
        raise StorageError(
            f"The database {path} belongs to another program: it has a table {tables[0]!r} and no facegate schema. "
            "Move the file away, or choose another folder with FACEGATE_DATA.",
            details={"file": str(path)},
        )
    return None
