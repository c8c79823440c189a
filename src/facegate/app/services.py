"""Everything a process needs, opened once: database, keys, access, engine, gallery and calibration table."""

import secrets
import threading
import time
from functools import cached_property
from types import TracebackType

from facegate.accounts.access import Access
from facegate.config import Settings
from facegate.gallery.gallery import Gallery
from facegate.matching.table import CalibrationTable, load_table
from facegate.storage.database import Database
from facegate.storage.keyring import Keyring
from facegate.vision.engine import FaceEngine


class Services:
    """The composition root's values; shared by the server and the command line.

    Opening is cheap: the engine, and with it gallery and table (which are bound to its recipe), is loaded when it is
    first asked for. Safe to use from several threads.
    """

    def __init__(self, settings: Settings, database: Database, keyring: Keyring, access: Access) -> None:
        self.settings = settings
        self.database = database
        self.keyring = keyring
        self.access = access
        self._loading = threading.RLock()

    @classmethod
    def open(cls, settings: Settings) -> "Services":
        """Open the database and the keys in `settings.data`, creating both on the first start.

        Raises:
            StorageError: the database or a key file is missing, locked, newer than this program or damaged.
        """
        database = Database.open(settings.data)
        try:
            keyring = Keyring.open(
                settings.data, database_holds_data=database.holds_data, randomness=secrets.token_bytes
            )
            access = Access(database, settings, clock=time.time, randomness=secrets.token_bytes)
        except BaseException:
            database.close()
            raise
        return cls(settings, database, keyring, access)

    @property
    def engine(self) -> FaceEngine:
        """The face engine; loads the networks on first use."""
        with self._loading:
            return self._engine

    @property
    def gallery(self) -> Gallery:
        """The enrolled people, for the engine's recipe."""
        with self._loading:
            return self._gallery

    @property
    def table(self) -> CalibrationTable:
        """The engine's calibration table."""
        with self._loading:
            return self._table

    @cached_property
    def _engine(self) -> FaceEngine:
        return FaceEngine.open("default", settings=self.settings)

    @cached_property
    def _gallery(self) -> Gallery:
        recipe = self._engine.recipe
        return Gallery.open(self.database, self.keyring, recipe_id=recipe.id, dimension=recipe.dimension)

    @cached_property
    def _table(self) -> CalibrationTable:
        return load_table(self._engine.recipe_id)

    def close(self) -> None:
        """Give back the engine and the database; safe to call twice."""
        with self._loading:
            engine = self.__dict__.pop("_engine", None)
            if isinstance(engine, FaceEngine):
                engine.close()
            self.__dict__.pop("_gallery", None)
            self.database.close()

    def __enter__(self) -> "Services":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
