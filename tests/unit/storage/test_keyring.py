import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegate.errors import StorageError
from facegate.storage.keyring import KEK_FILE, KEYS_DIR, Keyring, bind


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring.open(tmp_path, database_holds_data=False)


def test_the_first_start_makes_a_private_key_and_later_ones_read_it(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        first = Keyring.open(tmp_path, database_holds_data=False)
    finally:
        os.umask(old)
    path = tmp_path / KEYS_DIR / KEK_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(path.read_bytes()) == 32
    key, wrapped = first.new_data_key(b"owner")
    assert Keyring.open(tmp_path, database_holds_data=True).unwrap(wrapped, b"owner") == key


def test_no_key_is_made_when_there_is_data_already(tmp_path: Path) -> None:
    path = tmp_path / KEYS_DIR / KEK_FILE
    with pytest.raises(StorageError, match="is missing") as caught:
        Keyring.open(tmp_path, database_holds_data=True)
    assert str(path) in caught.value.message
    assert not path.exists()


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_file_that_is_no_key_is_refused_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    monkeypatch.setattr("facegate.storage.keyring._WAIT_FOR_OTHER_PROCESS_S", 0.05)
    path = tmp_path / KEYS_DIR / KEK_FILE
    path.parent.mkdir()
    path.write_bytes(b"k" * length)
    with pytest.raises(StorageError, match=f"has {length} bytes; a key has 32"):
        Keyring.open(tmp_path, database_holds_data=False)
    assert path.read_bytes() == b"k" * length


def test_a_key_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / KEYS_DIR).write_text("in the way")
    with pytest.raises(StorageError, match="cannot be used: "):
        Keyring.open(tmp_path, database_holds_data=False)


def test_those_who_start_together_agree_on_one_key(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    keys: list[bytes] = []

    def open_one() -> None:
        start.wait()
        keys.append(Keyring.open(tmp_path, database_holds_data=False)._kek)

    threads = [threading.Thread(target=open_one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


@given(plaintext=st.binary(max_size=2000), aad=st.binary(max_size=100))
def test_what_is_encrypted_comes_back(plaintext: bytes, aad: bytes) -> None:
    keyring = Keyring(bytes(32), Path("kek"))
    key, wrapped = keyring.new_data_key(aad)
    assert keyring.unwrap(wrapped, aad) == key
    blob = keyring.encrypt(key, plaintext, aad)
    assert len(blob) == len(plaintext) + 29
    assert keyring.decrypt(key, blob, aad) == plaintext


@given(position=st.integers(0, 28 + 40), bit=st.integers(0, 7), data=st.binary(min_size=40, max_size=40))
def test_any_changed_bit_is_noticed(position: int, bit: int, data: bytes) -> None:
    keyring = Keyring(bytes(32), Path("kek"))
    key, wrapped = keyring.new_data_key(b"a")
    blob = bytearray(keyring.encrypt(key, data, b"a"))
    blob[position] ^= 1 << bit
    with pytest.raises(StorageError, match="seal is broken"):
        keyring.decrypt(key, bytes(blob), b"a")
    broken = bytearray(wrapped)
    broken[position % len(broken)] ^= 1 << bit
    with pytest.raises(StorageError, match="key file kek"):
        keyring.unwrap(bytes(broken), b"a")


def test_the_owner_is_part_of_the_seal(keyring: Keyring) -> None:
    key, wrapped = keyring.new_data_key(b"ana")
    with pytest.raises(StorageError):
        keyring.unwrap(wrapped, b"bo")
    with pytest.raises(StorageError):
        keyring.decrypt(key, keyring.encrypt(key, b"face", b"ana"), b"bo")


def test_another_key_file_opens_nothing(tmp_path: Path, keyring: Keyring) -> None:
    _, wrapped = keyring.new_data_key(b"ana")
    other = Keyring.open(tmp_path / "other", database_holds_data=False)
    with pytest.raises(StorageError, match=str(tmp_path / "other")):
        other.unwrap(wrapped, b"ana")


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\x01" * 28, b"\x02" * 60])
def test_a_blob_too_short_or_of_another_format_is_refused(keyring: Keyring, blob: bytes) -> None:
    with pytest.raises(StorageError):
        keyring.decrypt(bytes(32), blob, b"")


def test_equal_messages_never_look_equal(keyring: Keyring) -> None:
    key, _ = keyring.new_data_key(b"")
    nonces = {keyring.encrypt(key, b"same", b"")[1:13] for _ in range(2000)}
    assert len(nonces) == 2000


def test_every_data_key_and_nonce_is_drawn_from_the_given_randomness() -> None:
    drawn: list[int] = []

    def count(length: int) -> bytes:
        drawn.append(length)
        return bytes([len(drawn)]) * length

    keyring = Keyring(bytes(32), Path("kek"), count)
    key, wrapped = keyring.new_data_key(b"")
    assert (key, wrapped[1:13]) == (b"\x01" * 32, b"\x02" * 12)
    assert keyring.encrypt(key, b"x", b"")[1:13] == b"\x03" * 12
    assert drawn == [32, 12, 12]


def test_a_keyring_does_not_show_its_key(keyring: Keyring) -> None:
    assert keyring._kek.hex() not in repr(keyring) and repr(keyring._kek) not in repr(keyring)


@given(one=st.lists(st.text(st.characters(codec="utf-8"))), two=st.lists(st.text(st.characters(codec="utf-8"))))
def test_bindings_are_equal_only_for_equal_parts(one: list[str], two: list[str]) -> None:
    assert (bind(*one) == bind(*two)) == (one == two)
