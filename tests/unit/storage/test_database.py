import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from sqlalchemy import event, text

from facegate.errors import StorageError
from facegate.storage.base import utc
from facegate.storage.database import FILE_NAME, Database
from facegate.storage.tables import DataKeyRow


def key_row(row_id: str = "k1", wrapped: bytes = b"wrapped") -> DataKeyRow:
    return DataKeyRow(id=row_id, wrapped=wrapped, created_at=utc(1.5))


def test_files_are_private_and_settings_of_every_connection_hold(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        database = Database.open(tmp_path / "data")
    finally:
        os.umask(old)
    with database.session() as session:
        session.add(key_row())
    folder = tmp_path / "data"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(f.stat().st_mode) for f in folder.iterdir()} == {0o600}
    with database.reading() as one, database.reading() as two:
        for session in (one, two):
            pragmas = {
                name: session.scalar(text(f"PRAGMA {name}"))
                for name in ("journal_mode", "foreign_keys", "secure_delete", "busy_timeout", "synchronous")
            }
            assert pragmas == {
                "journal_mode": "wal",
                "foreign_keys": 1,
                "secure_delete": 1,
                "busy_timeout": 5000,
                "synchronous": 2,
            }
    database.close()


def test_a_session_is_one_transaction(tmp_path: Path) -> None:
    database = Database.open(tmp_path)

    def fail() -> None:
        with database.session() as session:
            session.add(key_row())
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not database.holds_data
    with database.session() as session:
        session.add(key_row())
    assert database.holds_data
    with database.reading() as session:
        assert session.get_one(DataKeyRow, "k1").created_at == utc(1.5)
    database.close()


def test_what_is_done_while_reading_is_not_kept(tmp_path: Path) -> None:
    database = Database.open(tmp_path)
    with database.reading() as session:
        session.add(key_row())
        session.flush()
    assert not database.holds_data
    database.close()


def test_many_threads_write_without_losing_a_change(tmp_path: Path) -> None:
    database = Database.open(tmp_path)
    with database.session() as session:
        session.add(key_row(wrapped=(0).to_bytes(4, "big")))
    failures: list[BaseException] = []

    def add_ten() -> None:
        try:
            for _ in range(10):
                with database.session() as session:
                    row = session.get_one(DataKeyRow, "k1")
                    row.wrapped = (int.from_bytes(row.wrapped, "big") + 1).to_bytes(4, "big")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=add_ten) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.reading() as session:
        assert int.from_bytes(session.get_one(DataKeyRow, "k1").wrapped, "big") == 120
    database.close()


def test_readers_see_the_last_committed_state_while_somebody_writes(tmp_path: Path) -> None:
    database = Database.open(tmp_path)
    with database.session() as session:
        session.add(key_row())
        session.flush()
        assert not database.holds_data
    assert database.holds_data
    database.close()


def test_a_database_locked_by_another_program_is_reported(tmp_path: Path) -> None:
    database = Database.open(tmp_path, busy_timeout_s=0.1)
    other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="locked by another program") as caught, database.session():
        pass
    assert caught.value.details["cause"] == "SQLITE_BUSY"
    assert not database.holds_data, "reading goes on"
    other.execute("ROLLBACK")
    other.close()
    with database.session() as session:
        session.add(key_row())
    assert database.holds_data
    database.close()


def test_a_writer_of_the_same_process_that_never_ends_is_reported(tmp_path: Path) -> None:
    database = Database.open(tmp_path, busy_timeout_s=0.1)
    with database.session(), pytest.raises(StorageError, match="was being written by this server"), database.session():
        pass
    with database.session():
        pass
    database.close()


def test_a_full_disk_refuses_the_change_and_keeps_the_rest(tmp_path: Path) -> None:
    database = Database.open(tmp_path)
    with database.session() as session:
        session.add(key_row())
    for connection in [database._engine.connect() for _ in range(3)]:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.close()
    with pytest.raises(StorageError, match="disk is full") as caught, database.session() as session:
        session.add(key_row("k2", wrapped=b"x" * 1_000_000))
    assert caught.value.details["cause"] == "SQLITE_FULL"
    with database.reading() as session:
        assert session.get(DataKeyRow, "k2") is None
        assert session.get(DataKeyRow, "k1") is not None
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
    database.close()


def test_a_damaged_file_and_one_of_another_program_are_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / FILE_NAME).write_bytes(b"these are my holiday notes, not a database" * 100)
    with pytest.raises(StorageError, match="is not a facegate database"):
        Database.open(tmp_path / "a")

    (tmp_path / "b").mkdir()
    foreign = sqlite3.connect(tmp_path / "b" / FILE_NAME)
    foreign.execute("CREATE TABLE recipes (name TEXT)")
    foreign.close()
    with pytest.raises(StorageError, match="belongs to another program: it has a table 'recipes'"):
        Database.open(tmp_path / "b")

    database = Database.open(tmp_path / "c")
    database.close()
    path = tmp_path / "c" / FILE_NAME
    content = bytearray(path.read_bytes())
    content[100:] = b"\x55" * (len(content) - 100)
    path.write_bytes(content)
    with pytest.raises(StorageError, match="is damaged"):
        Database.open(tmp_path / "c")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot be opened: Not a directory") as caught:
        Database.open(tmp_path / "file" / "data")
    assert caught.value.details["file"] == str(tmp_path / "file" / "data" / FILE_NAME)


_OPEN_AND_WRITE = """
import sys
from pathlib import Path
from facegate.errors import StorageError
from facegate.storage.base import utc
from facegate.storage.database import Database
from facegate.storage.tables import DataKeyRow
try:
    database = Database.open(Path(sys.argv[1]), busy_timeout_s=0.1)
    with database.session() as session:
        session.add(DataKeyRow(id="k", wrapped=b"w", created_at=utc(0)))
except StorageError as error:
    print(error.message)
"""


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_read_only_folder_is_reported() -> None:
    # The test may run as root, whom modes do not stop; "nobody" is stopped, and may not enter pytest's own folders.
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        Database.open(folder / "data").close()
        for item in (folder / "data").iterdir():
            item.chmod(0o444)
        (folder / "data").chmod(0o555)
        code = "import os; os.setuid(65534)\n" if os.getuid() == 0 else ""
        preload = "import facegate.storage.database, facegate.storage.migrate, sqlalchemy.dialects.sqlite\n"
        run = subprocess.run(
            [sys.executable, "-c", preload + code + _OPEN_AND_WRITE, str(folder / "data")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.stderr == ""
        assert run.stdout.startswith(f"The database {folder / 'data' / FILE_NAME} cannot be")
        assert "write access" in run.stdout
    finally:
        (folder / "data").chmod(0o755)
        shutil.rmtree(folder)


def test_erased_rows_leave_no_trace_in_any_file(tmp_path: Path) -> None:
    database = Database.open(tmp_path)
    mark = b"MARKER-" * 40
    with database.session() as session:
        session.add(key_row(wrapped=mark))
    assert any(b"MARKER-MARKER-" in f.read_bytes() for f in tmp_path.iterdir())
    with database.session() as session:
        session.delete(session.get_one(DataKeyRow, "k1"))
    database.forget_deleted()
    assert not any(b"MARKER-" in f.read_bytes() for f in tmp_path.iterdir())
    database.close()


def test_parameters_never_appear_in_what_is_raised(tmp_path: Path) -> None:
    database = Database.open(tmp_path)
    insert = text("INSERT INTO data_key (id, wrapped, created_at) VALUES ('x', :w, '2026-01-01')")
    with pytest.raises(StorageError) as caught, database.session() as session:
        session.execute(insert, [{"w": "SECRET-WORD"}] * 2)
    assert "SECRET-WORD" not in str(caught.value)
    assert "SECRET-WORD" not in str(caught.value.__cause__)
    database.close()


def test_a_time_without_zone_is_refused(tmp_path: Path) -> None:
    database = Database.open(tmp_path)
    naive = utc(0).replace(tzinfo=None)
    with pytest.raises(Exception, match="without zone"), database.session() as session:
        session.add(DataKeyRow(id="k", wrapped=b"", created_at=naive))
    database.close()


def test_reading_takes_no_write_lock(tmp_path: Path) -> None:
    database = Database.open(tmp_path)
    begun: list[str] = []

    @event.listens_for(database._engine, "before_cursor_execute")
    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        begun.append(statement)

    assert not database.holds_data
    with database.session():
        pass
    assert [s for s in begun if s.startswith("BEGIN")] == ["BEGIN", "BEGIN IMMEDIATE"]
    database.close()
