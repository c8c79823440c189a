"""One person's vectors, sealed with the person's own data key."""

from dataclasses import dataclass, field

import numpy as np

from facegate.gallery.scope import Scope
from facegate.storage.keyring import bind
from facegate.types import Float32, Template

# The byte order is part of the stored format.
_STORED = np.dtype("<f4")


@dataclass(frozen=True, eq=False, slots=True)
class PersonVault:
    """Seals and opens vectors. What is sealed opens only as the same kind of row of the same person and recipe."""

    scope: Scope
    person_id: str
    key: bytes = field(repr=False)

    @classmethod
    def create(cls, scope: Scope, person_id: str) -> "tuple[PersonVault, bytes]":
        """A vault with a fresh data key, and that key wrapped."""
        key, wrapped = scope.keyring.new_data_key(_key_owner(scope, person_id))
        return cls(scope, person_id, key), wrapped

    @classmethod
    def open(cls, scope: Scope, person_id: str, wrapped: bytes) -> "PersonVault":
        """The vault of a wrapped data key.

        Raises:
            StorageError: the key is another person's, or of another key file.
        """
        return cls(scope, person_id, scope.keyring.unwrap(wrapped, _key_owner(scope, person_id)))

    def seal_face(self, face_id: str, vector: Float32) -> bytes:
        """The embedding of one picture, encrypted."""
        return self._seal(vector, "face", face_id)

    def open_face(self, face_id: str, blob: bytes) -> Float32:
        """The embedding of one picture, float32 (d,).

        Raises:
            StorageError: sealed for another row.
        """
        return self._open(blob, "face", face_id)

    def seal_template(self, template: Template) -> bytes:
        """The fused template and its agreement, encrypted as one vector that begins with the agreement."""
        return self._seal(np.concatenate([[np.float32(template.agreement)], template.vector]), "template")

    def open_template(self, blob: bytes) -> tuple[Float32, float]:
        """The fused template, float32 (d,), and its agreement.

        Raises:
            StorageError: sealed for another row.
        """
        stored = self._open(blob, "template")
        return stored[1:], float(stored[0])

    def _seal(self, vector: Float32, *kind: str) -> bytes:
        return self.scope.keyring.encrypt(self.key, vector.astype(_STORED).tobytes(), self._bind(*kind))

    def _open(self, blob: bytes, *kind: str) -> Float32:
        return np.frombuffer(self.scope.keyring.decrypt(self.key, blob, self._bind(*kind)), _STORED).astype(np.float32)

    def _bind(self, *kind: str) -> bytes:
        return bind(self.scope.collection_id, self.person_id, self.scope.recipe_id, *kind)


def _key_owner(scope: Scope, person_id: str) -> bytes:
    return bind("data_key", scope.collection_id, person_id)
