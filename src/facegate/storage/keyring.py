"""Envelope encryption: a key-encryption key in a file, data keys wrapped by it in the database.

AES-256-GCM with a random 96-bit nonce for every message. Each person's data key encrypts a handful of short messages,
and the key-encryption key one message per person, far below the 2^32 messages that NIST SP 800-38D, section 8.3, allows
for random nonces under one key.
"""

import os
import secrets
import time
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from facegate.errors import StorageError
from facegate.storage.base import Randomness

KEYS_DIR = "keys"
KEK_FILE = "kek-1"

_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_FORMAT = b"\x01"
_WAIT_FOR_OTHER_PROCESS_S = 2.0


def bind(*parts: str) -> bytes:
    """Associated data that says whose and what a ciphertext is; no two different sequences of parts are equal."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


class Keyring:
    """Holds the key-encryption key and does all encryption."""

    def __init__(self, kek: bytes, path: Path, randomness: Randomness = secrets.token_bytes) -> None:
        self._kek = kek
        self._path = path
        self._randomness = randomness

    def __repr__(self) -> str:
        return f"Keyring({str(self._path)!r})"

    @classmethod
    def open(
        cls, data_dir: Path, *, database_holds_data: bool, randomness: Randomness = secrets.token_bytes
    ) -> "Keyring":
        """Read the key-encryption key, or create it when nothing was encrypted yet.

        Args:
            data_dir: its folder `keys` (0700) holds the key file (0600).
            database_holds_data: :attr:`Database.holds_data`; a missing key is then an error, because a fresh one would
                leave everything stored unreadable and hide that the key is gone.
            randomness: source of keys and nonces.

        Raises:
            StorageError: the key file is missing although there is data, is not a key, or cannot be read or made.
        """
        path = data_dir / KEYS_DIR / KEK_FILE
        try:
            kek = _read_key(path)
            if kek is None and database_holds_data:
                raise StorageError(
                    f"The key file {path} is missing, and the faces in the database cannot be read without it. "
                    "Restore it from a backup; no new key was made.",
                    details={"file": str(path)},
                )
            if kek is None:
                kek = _create_key(path, randomness)
        except OSError as error:
            raise StorageError(
                f"The key file {path} cannot be used: {error.strerror or error}. Give this user access to it.",
                details={"file": str(path)},
            ) from error
        return cls(kek, path, randomness)

    def new_data_key(self, aad: bytes) -> tuple[bytes, bytes]:
        """A fresh 256-bit data key, plain and wrapped; `aad` must be given again to :meth:`unwrap`."""
        key = self._randomness(_KEY_BYTES)
        return key, self.encrypt(self._kek, key, aad)

    def unwrap(self, wrapped: bytes, aad: bytes) -> bytes:
        """The data key that was wrapped with the same `aad`.

        Raises:
            StorageError: wrapped for another owner or by another key-encryption key, or damaged.
        """
        try:
            return _open(self._kek, wrapped, aad)
        except InvalidTag:
            raise StorageError(
                f"A stored key cannot be opened with the key file {self._path}: it was made with another key file, or "
                "the database was altered. Restore the key file and the database from the same backup.",
                details={"file": str(self._path)},
            ) from None

    def encrypt(self, key: bytes, plaintext: bytes, aad: bytes) -> bytes:
        """Format byte, nonce, ciphertext and tag, in this order: 29 bytes more than `plaintext`."""
        nonce = self._randomness(_NONCE_BYTES)
        return _FORMAT + nonce + AESGCM(key).encrypt(nonce, plaintext, _FORMAT + aad)

    def decrypt(self, key: bytes, blob: bytes, aad: bytes) -> bytes:
        """The plaintext that was encrypted with the same key and `aad`.

        Raises:
            StorageError: it belongs to another person, recipe or kind of row, or is damaged.
        """
        try:
            return _open(key, blob, aad)
        except InvalidTag:
            raise StorageError(
                "A stored face does not belong where it was found, or is damaged: its seal is broken. "
                "The database was altered; put a backup in its place."
            ) from None


def _open(key: bytes, blob: bytes, aad: bytes) -> bytes:
    if blob[:1] != _FORMAT or len(blob) < 1 + _NONCE_BYTES + _TAG_BYTES:
        raise InvalidTag
    nonce, sealed = blob[1 : 1 + _NONCE_BYTES], blob[1 + _NONCE_BYTES :]
    return AESGCM(key).decrypt(nonce, sealed, _FORMAT + aad)


def _read_key(path: Path) -> bytes | None:
    # Another process may have created the file this very moment and not written it yet.
    give_up = time.monotonic() + _WAIT_FOR_OTHER_PROCESS_S
    while True:
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            return None
        if len(key) == _KEY_BYTES:
            return key
        if len(key) > _KEY_BYTES or time.monotonic() > give_up:
            raise StorageError(
                f"The key file {path} has {len(key)} bytes; a key has {_KEY_BYTES}. "
                "Restore it from a backup, or remove it if nobody was enrolled yet.",
                details={"file": str(path)},
            )
        time.sleep(0.02)


def _create_key(path: Path, randomness: Randomness) -> bytes:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = _read_key(path)
        if key is None:
            raise
        return key
    with os.fdopen(descriptor, "wb") as file:
        key = randomness(_KEY_BYTES)
        file.write(key)
        file.flush()
        os.fsync(descriptor)
    if os.name == "posix":  # elsewhere a folder cannot be opened, and its entries are written through
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return key
