"""The cache behind the search: own changes at once, those of others soon, and hardly a query."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sqlalchemy import event

from facegate.errors import StorageError


def names(gallery, probe) -> list[str]:
    return [c.person.name for c in gallery.search(probe[None])[0]]


def test_own_changes_are_seen_by_the_next_search(home, gallery, sample, vector) -> None:
    assert names(gallery, vector(1)) == []
    ana = gallery.enroll([sample(1)], name="Ana", consent=None)
    assert names(gallery, vector(1)) == ["Ana"]
    gallery.rename(ana.id, "Anna")
    assert names(gallery, vector(1)) == ["Anna"]
    before = gallery.search(vector(2)[None])[0][0].similarity
    gallery.enroll([sample(2)], person_id=ana.id, consent=None)
    assert gallery.search(vector(2)[None])[0][0].similarity > before
    gallery.delete(ana.id)
    assert names(gallery, vector(1)) == []


def test_changes_of_another_process_are_seen_within_a_second(home, gallery, sample, vector) -> None:
    other = home.open()
    other.enroll([sample(1)], name="Ana", consent=None)
    home.monotonic.at += 0.1
    assert gallery.size == 0, "the database is not asked at every search"
    home.monotonic.at += 0.2
    assert names(gallery, vector(1)) == ["Ana"]
    other.delete(other.people()[0].id)
    home.monotonic.at += 0.3
    assert names(gallery, vector(1)) == []


def test_a_search_costs_no_query_and_a_look_costs_one(home, gallery, sample, vector) -> None:
    for seed in range(5):
        gallery.enroll([sample(seed)], name=f"P{seed}", consent=None)
    gallery.search(vector(0)[None])
    asked: list[str] = []
    event.listen(home.opened[0]._engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    probes = np.stack([vector(seed) for seed in range(50)])
    for _ in range(20):
        gallery.search(probes)
    assert asked == []
    home.monotonic.at += 0.25
    for _ in range(20):
        gallery.search(probes)
    assert [a.split()[0] for a in asked] == ["BEGIN", "SELECT"]


def test_only_changed_people_are_opened_again(home, gallery, sample, vector, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [gallery.enroll([sample(seed)], name=f"P{seed}", consent=None) for seed in range(10)]
    gallery.search(vector(0)[None])
    opened: list[str] = []
    from facegate.gallery import cache

    real = cache.PersonVault.open

    def note(scope, person_id, wrapped):
        opened.append(person_id)
        return real(scope, person_id, wrapped)

    monkeypatch.setattr(cache.PersonVault, "open", note)
    newcomer = gallery.enroll([sample(99)], name="new", consent=None)
    gallery.rename(people[3].id, "three")
    gallery.delete(people[0].id)
    assert gallery.size == 10
    assert sorted(opened) == sorted([newcomer.id, people[3].id])
    for seed in range(1, 10):
        assert gallery.search(vector(seed)[None])[0][0].person.id == people[seed].id, "rows kept their people"


def test_a_gallery_of_more_people_than_one_query_takes(home, gallery, sample, vector, monkeypatch) -> None:
    monkeypatch.setattr("facegate.gallery.cache._IDS_PER_QUERY", 4)
    for seed in range(11):
        gallery.enroll([sample(seed)], name=f"P{seed}", consent=None)
    fresh = home.open()
    assert [fresh.search(vector(seed)[None])[0][0].person.name for seed in range(11)] == [f"P{s}" for s in range(11)]


def test_searching_threads_never_miss_what_was_enrolled_before(home, gallery, sample, vector) -> None:
    """Searches run while others enrol, rename and delete; each enrolling thread sees its own person at once."""
    home.monotonic.at = 0.0
    stop = threading.Event()

    def search_on() -> int:
        rounds = 0
        while not stop.is_set():
            home.monotonic.at += 0.3
            for candidates in gallery.search(np.stack([vector(seed) for seed in range(8)])):
                similarities = [c.similarity for c in candidates]
                assert similarities == sorted(similarities, reverse=True)
            rounds += 1
        return rounds

    def enrol(worker: int) -> None:
        for step in range(6):
            seed = 100 + worker * 10 + step
            person = gallery.enroll([sample(seed)], name=f"P{seed}", consent=None)
            [best, *_] = gallery.search(vector(seed)[None])[0]
            assert (best.person.id, round(best.similarity, 4)) == (person.id, 1.0)
            if step % 2:
                gallery.delete(person.id)
                assert person.id not in {c.person.id for c in gallery.search(vector(seed)[None], k=100)[0]}

    with ThreadPoolExecutor(8) as pool:
        searching = [pool.submit(search_on) for _ in range(3)]
        for future in [pool.submit(enrol, worker) for worker in range(4)]:
            future.result()
        stop.set()
        assert all(future.result() > 0 for future in searching)
    assert gallery.size == 12 == len(gallery.people())


def test_a_search_does_not_wait_for_another_threads_look(home, gallery, sample, vector, monkeypatch) -> None:
    gallery.enroll([sample(1)], name="Ana", consent=None)
    gallery.search(vector(1)[None])
    looking, go_on = threading.Event(), threading.Event()
    real = gallery._scope.__class__.check

    def slow(scope, session):
        looking.set()
        assert go_on.wait(10)
        return real(scope, session)

    monkeypatch.setattr(gallery._scope.__class__, "check", slow)
    home.monotonic.at += 1
    looker = threading.Thread(target=gallery.search, args=(vector(1)[None],))
    looker.start()
    assert looking.wait(10)
    assert names(gallery, vector(1)) == ["Ana"]
    home.monotonic.at += 1
    assert names(gallery, vector(1)) == ["Ana"], "even when a look is due"
    go_on.set()
    looker.join()


def test_a_database_that_went_away_is_an_error_not_an_old_answer(home, gallery, sample, vector, monkeypatch) -> None:
    gallery.enroll([sample(1)], name="Ana", consent=None)
    gallery.search(vector(1)[None])
    home.monotonic.at += 1
    path = home.opened[0].path
    home.opened[0].close()
    path.rename(path.with_suffix(".gone"))
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.mkdir()
    with pytest.raises(StorageError, match="cannot be opened"):
        gallery.search(vector(1)[None])
