"""Database failures as sentences."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from facegate.errors import StorageError

_WHAT_AND_CURE = {
    "SQLITE_BUSY": "is locked by another program. Close the program that holds it and try again.",
    "SQLITE_LOCKED": "is locked by another program. Close the program that holds it and try again.",
    "SQLITE_FULL": "could not be written because the disk is full. Nothing was changed; free some space and try again.",
    "SQLITE_READONLY": "cannot be written by this user. Give the user write access to the file and its folder.",
    "SQLITE_PERM": "cannot be opened by this user. Give the user access to the file and its folder.",
    "SQLITE_CANTOPEN": "cannot be opened. Check that the folder exists and that this user may write in it.",
    "SQLITE_IOERR": "could not be read or written; the disk reported an error. Check the disk and its free space.",
    "SQLITE_CORRUPT": "is damaged. Stop the server and put a backup in its place.",
    "SQLITE_NOTADB": "is not a facegate database. Move the file away, or choose another folder with FACEGATE_DATA.",
}


@contextmanager
def storage_faults(path: Path) -> Generator[None]:
    """Turn what the database driver raises inside the block into a :class:`StorageError` about `path`.

    Raises:
        StorageError: the database is locked, full, read-only, missing or damaged; `details` hold `file` and `cause`.
    """
    try:
        yield
    except DBAPIError as error:
        name = str(getattr(error.orig, "sqlite_errorname", ""))
        raise StorageError(
            f"The database {path} {_sentence(name)}",
            details={"file": str(path), "cause": name or type(error.orig).__name__},
        ) from error


def _sentence(name: str) -> str:
    # Extended codes append to the primary one: SQLITE_BUSY_SNAPSHOT, SQLITE_IOERR_WRITE.
    for primary, sentence in _WHAT_AND_CURE.items():
        if name == primary or name.startswith(primary + "_"):
            return sentence
    return f"refused a command ({name or 'unknown cause'}). `facegate doctor` checks the file."
