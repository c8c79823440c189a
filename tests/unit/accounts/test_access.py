import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest

from facegate.accounts.access import Access, LoginSession
from facegate.config import Settings
from facegate.errors import AccessError, Expired, StorageError, Unauthorized
from facegate.storage.base import utc
from facegate.storage.database import FILE_NAME, Database

START = 1_700_000_000.0


@dataclass
class Now:
    at: float = START

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Now:
    return Now()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(tmp_path)
    yield database
    database.close()


@pytest.fixture
def access(database: Database, clock: Now) -> Access:
    return Access(database, Settings(), clock)


@pytest.fixture
def signed_in(access: Access) -> tuple[str, LoginSession]:
    return access.claim(access.create_setup_link())


# Owner links


def test_a_link_makes_one_owner_session(access: Access) -> None:
    assert not access.claimed
    token = access.create_setup_link()
    assert not access.claimed, "a link that was only made claims nothing"
    sid, session = access.claim(token)
    assert access.claimed
    assert access.resolve(sid) == session
    assert session.role == "owner"
    assert session.created_at == utc(START)
    assert session.expires_at == utc(START) + timedelta(hours=1)


def test_a_link_works_once(access: Access) -> None:
    token = access.create_setup_link()
    access.claim(token)
    with pytest.raises(Expired, match="used already"):
        access.claim(token)


def test_a_link_works_for_thirty_minutes(access: Access, clock: Now) -> None:
    token = access.create_setup_link()
    clock.at += 30 * 60
    with pytest.raises(Expired, match="past its time"):
        access.claim(token)
    assert not access.claimed
    other = access.create_setup_link()
    clock.at += 30 * 60 - 1
    access.claim(other)


def test_a_newer_link_closes_the_one_before(access: Access) -> None:
    first, second = access.create_setup_link(), access.create_setup_link()
    with pytest.raises(Expired, match="A newer set-up link"):
        access.claim(first)
    access.claim(second)


def test_a_link_of_another_role_closes_nothing(access: Access) -> None:
    owner, operator = access.create_setup_link(), access.create_setup_link("operator")
    assert access.claim(operator)[1].role == "operator"
    assert not access.claimed, "an operator is no owner"
    assert access.claim(owner)[1].role == "owner"


def test_another_link_makes_another_session_and_ends_none(access: Access, signed_in: tuple[str, LoginSession]) -> None:
    sid, session = signed_in
    other_sid, other = access.claim(access.create_setup_link())
    assert other.id != session.id and other_sid != sid
    assert access.resolve(sid) == session
    assert access.resolve(other_sid) == other


@pytest.mark.parametrize("token", ["", "x", "x" * 100_000, "\ud800", "' OR 1=1 --", "\x00"])
def test_made_up_secrets_open_nothing(access: Access, token: str) -> None:
    access.create_setup_link()
    with pytest.raises(Unauthorized, match="not one of this server's"):
        access.claim(token)
    with pytest.raises(Unauthorized):
        access.redeem_ticket(token)
    with pytest.raises(Unauthorized):
        access.issue_ticket(token)
    assert access.resolve(token) is None
    assert access.seen(token) is None
    access.revoke(token)
    assert access.still_valid({token}) == frozenset()


def test_one_secret_is_not_accepted_in_place_of_another(access: Access, signed_in: tuple[str, LoginSession]) -> None:
    sid, session = signed_in
    ticket, link = access.issue_ticket(session.id), access.create_setup_link()
    for wrong in (session.id, ticket, link):
        assert access.resolve(wrong) is None
    for wrong in (session.id, sid, link):
        with pytest.raises(Unauthorized):
            access.redeem_ticket(wrong)
    for wrong in (session.id, sid, ticket):
        with pytest.raises(Unauthorized):
            access.claim(wrong)


# Secrets


def test_secrets_have_256_random_bits_and_fit_a_url_and_a_cookie(
    access: Access, signed_in: tuple[str, LoginSession]
) -> None:
    sid, session = signed_in
    secrets = [sid, *(access.issue_ticket(session.id) for _ in range(50)), access.create_setup_link()]
    assert len(set(secrets)) == len(secrets)
    for secret in secrets:
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", secret), "43 base64 characters are 256 bits"
    assert session.id not in sid


def test_secrets_come_from_the_given_randomness(database: Database, clock: Now) -> None:
    drawn: list[int] = []

    def count(length: int) -> bytes:
        drawn.append(length)
        return len(drawn).to_bytes(length, "big")

    access = Access(database, Settings(), clock, count)
    token = access.create_setup_link()
    sid, session = access.claim(token)
    access.issue_ticket(session.id)
    assert token != sid
    assert drawn.count(32) == 3, "one draw per secret, nothing reused"


def test_a_copy_of_the_database_holds_no_secret(
    access: Access, signed_in: tuple[str, LoginSession], tmp_path: Path
) -> None:
    sid, session = signed_in
    link, ticket = access.create_setup_link(), access.issue_ticket(session.id)
    content = b"".join(f.read_bytes() for f in tmp_path.iterdir())
    assert session.id.encode() in content, "this proves that the bytes are looked at"
    for secret in (sid, link, ticket):
        assert secret.encode() not in content


def test_every_claim_makes_a_fresh_session_secret(access: Access) -> None:
    tokens = [access.create_setup_link("operator")]
    sids = {access.claim(tokens[0])[0]}
    for _ in range(5):
        sids.add(access.claim(access.create_setup_link())[0])
    assert len(sids) == 6


# Sessions


def test_an_idle_session_ends_after_an_hour(access: Access, clock: Now, signed_in: tuple[str, LoginSession]) -> None:
    sid, session = signed_in
    clock.at = START + 61 * 60
    assert access.resolve(sid) is None
    assert access.seen(session.id) is None
    assert access.still_valid([session.id]) == frozenset()
    with pytest.raises(Unauthorized, match="session has ended"):
        access.issue_ticket(session.id)


def test_a_used_session_ends_after_a_day_all_the_same(
    access: Access, clock: Now, signed_in: tuple[str, LoginSession]
) -> None:
    sid, _ = signed_in
    while clock.at < START + 24 * 3600 - 30 * 60:
        clock.at += 30 * 60
        session = access.resolve(sid)
        assert session is not None
        assert session.expires_at <= utc(START) + timedelta(hours=24)
    clock.at = START + 24 * 3600 - 1
    assert access.resolve(sid) is not None
    clock.at = START + 24 * 3600 + 60
    assert access.resolve(sid) is None


def test_use_moves_the_idle_limit_and_is_written_at_most_once_a_minute(
    access: Access, clock: Now, signed_in: tuple[str, LoginSession], tmp_path: Path
) -> None:
    sid, session = signed_in

    def last_seen() -> str:
        connection = sqlite3.connect(tmp_path / FILE_NAME)
        [(value,)] = connection.execute("SELECT last_seen_at FROM login_session").fetchall()
        connection.close()
        return value

    written = last_seen()
    clock.at += 59
    assert access.resolve(sid) == session
    assert last_seen() == written
    clock.at += 1
    moved = access.resolve(sid)
    assert moved is not None
    assert moved.expires_at == session.expires_at + timedelta(seconds=60)
    assert last_seen() > written


def test_a_socket_counts_as_use_and_a_look_does_not(
    access: Access, clock: Now, signed_in: tuple[str, LoginSession]
) -> None:
    sid, session = signed_in
    clock.at += 40 * 60
    assert access.still_valid([session.id, "other"]) == {session.id}
    clock.at += 10 * 60
    assert access.seen(session.id) is not None
    clock.at += 40 * 60
    assert access.still_valid([session.id]) == {session.id}
    clock.at += 21 * 60
    assert access.resolve(sid) is None


def test_a_revoked_session_is_over_at_once_and_others_go_on(
    access: Access, signed_in: tuple[str, LoginSession]
) -> None:
    sid, session = signed_in
    other_sid, other = access.claim(access.create_setup_link())
    ticket = access.issue_ticket(session.id)
    access.revoke(session.id)
    assert access.resolve(sid) is None
    assert access.seen(session.id) is None
    assert access.still_valid([session.id, other.id]) == {other.id}
    with pytest.raises(Unauthorized):
        access.issue_ticket(session.id)
    with pytest.raises(Unauthorized, match="session has ended"):
        access.redeem_ticket(ticket)
    assert access.resolve(other_sid) == other
    access.revoke(session.id)


def test_a_session_revoked_while_it_is_being_used_is_not_revived(
    access: Access, clock: Now, signed_in: tuple[str, LoginSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    sid, session = signed_in
    touch = access._touch

    def revoke_first(session_id: str, now: object) -> LoginSession | None:
        access.revoke(session.id)
        return touch(session_id, now)  # type: ignore[arg-type]

    monkeypatch.setattr(access, "_touch", revoke_first)
    clock.at += 120
    assert access.resolve(sid) is None


def test_a_database_that_cannot_be_written_signs_nobody_out(
    access: Access, clock: Now, database: Database, signed_in: tuple[str, LoginSession], tmp_path: Path
) -> None:
    sid, session = signed_in
    impatient = Access(Database.open(tmp_path, busy_timeout_s=0.05), Settings(), clock)
    clock.at += 120
    with database.session():
        assert impatient.resolve(sid) == session, "and its limit has not moved"
        with pytest.raises(StorageError):
            impatient.issue_ticket(session.id)
    impatient._database.close()


def test_permissions_follow_the_role(access: Access) -> None:
    _, owner = access.claim(access.create_setup_link())
    _, operator = access.claim(access.create_setup_link("operator"))
    assert owner.permissions == {"recognize", "enroll", "manage"}
    assert operator.permissions == {"recognize", "enroll"}


def test_a_role_of_a_later_version_gets_nothing(
    access: Access, signed_in: tuple[str, LoginSession], tmp_path: Path
) -> None:
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    with connection:
        connection.execute("UPDATE login_session SET role = 'auditor'")
    connection.close()
    with pytest.raises(StorageError, match="auditor"):
        access.resolve(signed_in[0])


# Tickets


def test_a_ticket_is_good_for_one_connection(access: Access, signed_in: tuple[str, LoginSession]) -> None:
    _, session = signed_in
    ticket = access.issue_ticket(session.id)
    assert access.redeem_ticket(ticket) == session
    with pytest.raises(Expired, match="used already"):
        access.redeem_ticket(ticket)


def test_a_ticket_is_good_for_thirty_seconds(access: Access, clock: Now, signed_in: tuple[str, LoginSession]) -> None:
    _, session = signed_in
    late, early = access.issue_ticket(session.id), access.issue_ticket(session.id)
    clock.at += 29.9
    access.redeem_ticket(early)
    clock.at += 0.1
    with pytest.raises(Expired, match="past its time"):
        access.redeem_ticket(late)


def test_a_ticket_does_not_outlive_its_session(access: Access, database: Database, clock: Now) -> None:
    short = Access(database, Settings(session_idle_minutes=1, ticket_seconds=300), clock)
    _, session = short.claim(short.create_setup_link())
    ticket = short.issue_ticket(session.id)
    clock.at += 61
    with pytest.raises(Unauthorized, match="session has ended"):
        short.redeem_ticket(ticket)


@pytest.mark.parametrize("secret", ["ticket", "link"])
def test_of_fifty_who_use_one_secret_at_once_one_succeeds(
    database: Database, clock: Now, tmp_path: Path, secret: str
) -> None:
    # Two databases on one file stand for two processes.
    second = Database.open(tmp_path)
    doors = [Access(database, Settings(), clock), Access(second, Settings(), clock)]
    _, session = doors[0].claim(doors[0].create_setup_link())
    value = doors[0].issue_ticket(session.id) if secret == "ticket" else doors[0].create_setup_link()
    start = Barrier(50)

    def use(number: int) -> str:
        door = doors[number % 2]
        start.wait()
        try:
            if secret == "ticket":
                door.redeem_ticket(value)
            else:
                door.claim(value)
        except AccessError as error:
            return error.code
        return "in"

    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(use, range(50)))
    second.close()
    assert sorted(outcomes) == ["expired"] * 49 + ["in"]


def test_links_made_by_one_process_work_in_another(access: Access, clock: Now, tmp_path: Path) -> None:
    command_line = Database.open(tmp_path)
    token = Access(command_line, Settings(), clock).create_setup_link()
    command_line.close()
    sid, session = access.claim(token)
    assert access.resolve(sid) == session


def test_old_rows_are_swept_and_the_claim_is_remembered(access: Access, clock: Now, tmp_path: Path) -> None:
    _, session = access.claim(access.create_setup_link())
    for _ in range(3):
        access.issue_ticket(session.id)
        access.create_setup_link()
    clock.at += 3 * 24 * 3600
    _, session = access.claim(access.create_setup_link())
    access.issue_ticket(session.id)
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    counts = {
        table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("ticket", "login_session", "setup_link")
    }
    connection.close()
    assert counts == {"ticket": 1, "login_session": 1, "setup_link": 2}
    assert access.claimed
