"""The embedded SQLite database: one file, one migration chain, one transaction per session."""

import os
import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from facegate.errors import StorageError
from facegate.storage.faults import storage_faults
from facegate.storage.migrate import migrate
from facegate.storage.tables import DataKeyRow

FILE_NAME = "facegate.db"

_BEGIN = "facegate_begin"


class Database:
    """A migrated database, safe to use from many threads and next to other processes.

    Writers of one process queue on a lock and take SQLite's write lock when they begin, so a transaction never fails
    half-way because somebody else wrote in between. Readers see one consistent state and never wait for writers.
    """

    def __init__(self, path: Path, engine: Engine, *, busy_timeout_s: float) -> None:
        self.path = path
        self._engine = engine
        self._readers = engine.execution_options(**{_BEGIN: "BEGIN"})
        self._writers = engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        self._write_lock = threading.Lock()
        self._busy_timeout_s = busy_timeout_s

    @classmethod
    def open(cls, data_dir: Path, *, busy_timeout_s: float = 5.0) -> "Database":
        """Open, and create or migrate where needed.

        Args:
            data_dir: folder of the database file; made with mode 0700 when missing. The file gets mode 0600.
            busy_timeout_s: how long to wait for another writer.

        Raises:
            StorageError: the folder or file cannot be made, opened or written, or was made by a newer facegate.
        """
        path = data_dir / FILE_NAME
        _make_private_file(path)
        engine = _sqlite_engine(path, busy_timeout_s)
        database = cls(path, engine, busy_timeout_s=busy_timeout_s)
        try:
            with storage_faults(path), database._writers.begin() as connection:
                migrate(connection, path)
        except BaseException:
            database.close()
            raise
        return database

    @contextmanager
    def session(self) -> Generator[Session]:
        """One read-write transaction: committed when the block ends, rolled back when it raises.

        Does not nest: a second one in the same thread waits for the first until it gives up.

        Raises:
            StorageError: another writer held the database for longer than the busy timeout, or the disk refused.
        """
        if not self._write_lock.acquire(timeout=self._busy_timeout_s):
            raise StorageError(
                f"The database {self.path} was being written by this server for more than "
                f"{self._busy_timeout_s:g} seconds. Try again.",
                details={"file": str(self.path), "cause": "write_lock"},
            )
        try:
            with (
                storage_faults(self.path),
                Session(self._writers, expire_on_commit=False) as session,
                session.begin(),
            ):
                session.connection()  # begins now, not at the first statement
                yield session
        finally:
            self._write_lock.release()

    @contextmanager
    def reading(self) -> Generator[Session]:
        """One read-only view of the database; nothing done in it is kept.

        Raises:
            StorageError: the database cannot be read.
        """
        with storage_faults(self.path), Session(self._readers, expire_on_commit=False) as session:
            yield session

    @property
    def holds_data(self) -> bool:
        """Whether anything in it is encrypted, so that a lost key would lose data."""
        with self.reading() as session:
            return session.scalar(select(DataKeyRow.id).limit(1)) is not None

    def forget_deleted(self) -> None:
        """Empty the write-ahead log, in which erased rows would otherwise stay readable until it is reused.

        Freed pages of the main file are overwritten with zeros at once (`secure_delete`). Where another connection goes
        on reading for longer than the busy timeout, the log is emptied by a later call or when the last one closes.
        """
        # The engine itself, unlike its two children, begins no transaction: a checkpoint cannot run inside one.
        with storage_faults(self.path), self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close all connections; the last one of all processes folds the write-ahead log into the file."""
        self._engine.dispose()


def _make_private_file(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite would create it with the umask's mode; its -wal and -shm files copy the mode of this one.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StorageError(
            f"The database {path} cannot be opened: {error.strerror or error}. "
            "Give this user write access to the folder, or choose another with FACEGATE_DATA.",
            details={"file": str(path), "cause": type(error).__name__},
        ) from error


def _sqlite_engine(path: Path, busy_timeout_s: float) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": busy_timeout_s, "check_same_thread": False},
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=-1,
        # Statement parameters hold names and key material; they must not reach a log through an exception.
        hide_parameters=True,
    )

    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own BEGIN handling would leave DDL outside transactions; ours is sent by `_begin`.
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        # A redeemed ticket must stay redeemed after a power cut.
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    statement = connection.get_execution_options().get(_BEGIN)
    if statement is not None:
        connection.exec_driver_sql(statement)
