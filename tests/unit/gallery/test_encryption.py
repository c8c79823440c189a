"""A copy of the database without the key file is no face database."""

import shutil
import sqlite3

import numpy as np
import pytest

from facegate.errors import StorageError
from facegate.storage.database import FILE_NAME
from facegate.storage.keyring import KEK_FILE, KEYS_DIR


def execute(home, statement: str, *parameters: object) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(home.folder / FILE_NAME)
    with connection:
        rows = connection.execute(statement, parameters).fetchall()
    connection.close()
    return rows


def every_byte(home) -> bytes:
    return b"\0".join(f.read_bytes() for f in home.folder.iterdir() if f.is_file())


def test_no_file_holds_a_vector_in_the_clear(home, gallery, sample, vector) -> None:
    person = gallery.enroll([sample(1), sample(2)], name="Marker Name", consent=None)
    content = every_byte(home)
    assert b"Marker Name" in content, "names are not secret, and this proves that the bytes are looked at"
    template = gallery.template(person.id).vector
    for secret in (vector(1), vector(2), template):
        for dtype in ("<f4", ">f4", "<f8", ">f8", "<f2"):
            stored = secret.astype(dtype).tobytes()
            size = np.dtype(dtype).itemsize * 3
            windows = [stored[i : i + size] for i in range(0, len(stored) - size + 1, np.dtype(dtype).itemsize)]
            assert not any(window in content for window in windows), dtype


def swap(home, table: str, column: str, key: str) -> None:
    rows = execute(home, f"SELECT {key}, {column} FROM {table} ORDER BY {key}")
    assert len(rows) == 2
    for (row_key, _), (_, blob) in zip(rows, reversed(rows), strict=True):
        execute(home, f"UPDATE {table} SET {column} = ? WHERE {key} = ?", blob, row_key)


def test_swapped_templates_do_not_open(home, gallery, sample) -> None:
    for seed in (1, 2):
        gallery.enroll([sample(seed)], name=f"P{seed}", consent=None)
    swap(home, "template", "sealed", "person_id")
    with pytest.raises(StorageError, match="seal is broken"):
        home.open()


def test_swapped_keys_do_not_open(home, gallery, sample) -> None:
    for seed in (1, 2):
        gallery.enroll([sample(seed)], name=f"P{seed}", consent=None)
    swap(home, "data_key", "wrapped", "id")
    with pytest.raises(StorageError, match="another key file, or the database was altered"):
        home.open()


def test_keys_and_templates_swapped_together_do_not_open_either(home, gallery, sample) -> None:
    for seed in (1, 2):
        gallery.enroll([sample(seed)], name=f"P{seed}", consent=None)
    swap(home, "data_key", "wrapped", "id")
    # The order of people and of keys may differ; swapped or not, a key is bound to its person.
    swap(home, "template", "sealed", "person_id")
    with pytest.raises(StorageError):
        home.open()


def test_a_face_of_one_person_cannot_be_put_into_another(home, gallery, sample) -> None:
    ana = gallery.enroll([sample(1)], name="Ana", consent=None)
    gallery.enroll([sample(2)], name="Bo", consent=None)
    swap(home, "face", "embedding", "id")
    with pytest.raises(StorageError, match="seal is broken"):
        gallery.enroll([sample(3)], person_id=ana.id, consent=None)
    assert gallery.get(ana.id).samples == 1


def test_two_pictures_of_one_person_cannot_trade_places(home, gallery, sample) -> None:
    ana = gallery.enroll([sample(1), sample(2)], name="Ana", consent=None)
    swap(home, "face", "embedding", "id")
    with pytest.raises(StorageError):
        gallery.enroll([sample(3)], person_id=ana.id, consent=None)


def test_a_picture_cannot_pose_as_the_template(home, gallery, sample) -> None:
    gallery.enroll([sample(1)], name="Ana", consent=None)
    [(blob,)] = execute(home, "SELECT embedding FROM face")
    execute(home, "UPDATE template SET sealed = ?", blob)
    with pytest.raises(StorageError, match="seal is broken"):
        home.open()


def test_a_person_moved_to_another_collection_does_not_open(home, gallery, sample) -> None:
    gallery.enroll([sample(1)], name="Ana", consent=None)
    home.open(collection="vip")
    execute(home, "UPDATE person SET collection_id = (SELECT id FROM collection WHERE name = 'vip')")
    with pytest.raises(StorageError, match="stored key cannot be opened"):
        home.open(collection="vip")


def test_a_template_relabelled_as_another_recipe_does_not_open(home, gallery, sample) -> None:
    gallery.enroll([sample(1)], name="Ana", consent=None)
    execute(home, "UPDATE template SET recipe_id = 'other@2'")
    execute(home, "UPDATE collection SET recipe_id = 'other@2'")
    with pytest.raises(StorageError, match="seal is broken"):
        home.open(recipe_id="other@2")


def test_a_template_without_its_row_or_key_is_noticed(home, gallery, sample) -> None:
    gallery.enroll([sample(1)], name="Ana", consent=None)
    execute(home, "DELETE FROM template")
    with pytest.raises(StorageError, match="1 people in the database have no template"):
        home.open()


def test_without_or_with_another_key_file_nothing_opens(home, gallery, sample) -> None:
    gallery.enroll([sample(1)], name="Ana", consent=None)
    kek = home.folder / KEYS_DIR / KEK_FILE
    shutil.move(kek, kek.with_name("away"))
    with pytest.raises(StorageError, match="is missing"):
        home.open()
    assert not kek.exists()
    kek.write_bytes(bytes(32))
    with pytest.raises(StorageError, match="another key file"):
        home.open()


def test_a_deleted_person_is_in_no_file_and_an_old_copy_lacks_nothing_but_use(home, gallery, sample) -> None:
    person = gallery.enroll([sample(1)], name="Marker Name", consent=None)
    [(wrapped,)] = execute(home, "SELECT wrapped FROM data_key")
    [(face,)] = execute(home, "SELECT embedding FROM face")
    [(template,)] = execute(home, "SELECT sealed FROM template")
    assert all(part in every_byte(home) for part in (wrapped, face, template))
    gallery.delete(person.id)
    content = every_byte(home)
    for part in (wrapped[1:], face[1:], template[1:], b"Marker Name", person.id.encode()):
        assert part not in content
