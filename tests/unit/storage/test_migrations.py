import logging
import multiprocessing
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import facegate.accounts.tables
import facegate.gallery.tables  # noqa: F401  registers its tables
from facegate.errors import StorageError
from facegate.storage.base import Base
from facegate.storage.database import FILE_NAME, Database
from facegate.storage.migrate import MIGRATIONS, SCHEMA_REVISION


def tables_of(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    try:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    finally:
        connection.close()


def test_the_migrated_schema_is_the_one_the_code_declares(tmp_path: Path) -> None:
    database = Database.open(tmp_path)
    with database._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
        for table in Base.metadata.sorted_tables:
            keys = connection.exec_driver_sql(f"PRAGMA foreign_key_list({table.name})").all()
            declared = {(f.column.table.name, f.parent.name, f.ondelete or "NO ACTION") for f in table.foreign_keys}
            assert {(k[2], k[3], k[6]) for k in keys} == declared, table.name
    database.close()


def test_the_comparison_notices_a_missing_column(tmp_path: Path) -> None:
    database = Database.open(tmp_path)
    with database._engine.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE face DROP COLUMN source")
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) != []
    database.close()


def test_the_newest_revision_is_the_one_the_code_expects() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert scripts.get_heads() == [SCHEMA_REVISION]
    assert len(scripts.get_bases()) == 1


@pytest.mark.parametrize("start", ["no file", "empty file"])
def test_a_new_database_gets_every_table(tmp_path: Path, start: str) -> None:
    if start == "empty file":
        (tmp_path / FILE_NAME).touch()
    Database.open(tmp_path).close()
    assert tables_of(tmp_path / FILE_NAME) == {*Base.metadata.tables, "alembic_version"}


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    Database.open(tmp_path).close()
    before = (tmp_path / FILE_NAME).read_bytes()
    Database.open(tmp_path).close()
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    Database.open(tmp_path).close()
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(StorageError, match=r"has schema 9999.*Update facegate") as caught:
        Database.open(tmp_path)
    assert caught.value.details["schema"] == "9999"
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_a_migration_that_fails_leaves_an_empty_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_index = op.create_index
    calls = 0

    def fail_late(*args: Any, **kwargs: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        create_index(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(op, "create_index", fail_late)
        with pytest.raises(KeyboardInterrupt):
            Database.open(tmp_path)
    assert tables_of(tmp_path / FILE_NAME) == set()
    Database.open(tmp_path).close()
    assert tables_of(tmp_path / FILE_NAME) >= set(Base.metadata.tables)


def open_once(folder: str) -> str:
    try:
        Database.open(Path(folder)).close()
    except StorageError as error:
        return error.message
    return "ok"


def test_processes_that_start_together_take_turns(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert pool.map(open_once, [str(tmp_path)] * 6) == ["ok"] * 6


def test_migrating_says_nothing_and_reads_nothing_of_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = /nowhere\n")
    monkeypatch.chdir(tmp_path)
    level = logging.getLogger().level
    with caplog.at_level(logging.WARNING):
        Database.open(tmp_path / "100% mine").close()
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger().level == level
