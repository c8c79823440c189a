"""kill -9 at every statement of a change: the database holds the old state or the new one, never half of it."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from facegate.storage.database import FILE_NAME

# One fresh process without threads loads everything once and forks for every stop.
_SCRIPT = """
import json, os, shutil, signal, sys
from pathlib import Path
import numpy as np
from sqlalchemy import event
from facegate.gallery.consent import CURRENT_CONSENT, Consent
from facegate.gallery.gallery import Gallery
from facegate.gallery.values import Sample
from facegate.storage.base import utc
from facegate.storage.database import Database
from facegate.storage.keyring import Keyring
from facegate.types import Embedding, Quality

root, action = Path(sys.argv[1]), sys.argv[2]
samples = [
    Sample(Embedding(np.eye(5, dtype=np.float32)[i], "test@1"), Quality(60, 50, 50, 50, 0, 0), "test") for i in range(5)
]
consent = Consent(CURRENT_CONSENT.version, CURRENT_CONSENT.purpose, utc(0), "test")

def open_gallery(folder):
    database = Database.open(folder)
    keyring = Keyring.open(folder, database_holds_data=database.holds_data)
    return database, Gallery.open(database, keyring, recipe_id="test@1", dimension=5)

def act(gallery):
    if action == "enroll":
        gallery.enroll(samples[:3], name="Bo", consent=consent)
    elif action == "add":
        gallery.enroll(samples[:3], person_id=gallery.people()[0].id, consent=consent)
    else:
        gallery.delete(gallery.people()[0].id)

def act_and_die(folder, die_at):
    database, gallery = open_gallery(folder)
    passed = 0
    def stop(*_):
        nonlocal passed
        if passed == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        passed += 1
    # Before every statement, before every commit, and at the end.
    event.listen(database._engine, "before_cursor_execute", stop)
    event.listen(database._engine, "commit", stop)
    act(gallery)
    stop()
    database.close()
    os._exit(0)

database, gallery = open_gallery(root / "before")
gallery.enroll(samples[3:], name="Ana", consent=consent)
database.close()
stops = []
while True:
    folder = root / f"killed-{len(stops)}"
    shutil.copytree(root / "before", folder)
    child = os.fork()
    if child == 0:
        act_and_die(folder, len(stops))
    killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    stops.append(killed)
    if not killed:
        break
print(json.dumps(stops))
"""


def state(folder: Path) -> dict[str, tuple[int, ...]]:
    """Per name: faces, templates, samples the template says it has, consents, keys."""
    connection = sqlite3.connect(folder / FILE_NAME)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        people = connection.execute(
            "SELECT name, (SELECT count(*) FROM face f WHERE f.person_id = p.id),"
            " (SELECT count(*) FROM template t WHERE t.person_id = p.id),"
            " (SELECT sum(samples) FROM template t WHERE t.person_id = p.id),"
            " (SELECT count(*) FROM consent c WHERE c.person_id = p.id),"
            " (SELECT count(*) FROM data_key k WHERE k.id = p.data_key_id) FROM person p"
        ).fetchall()
        [(keys,)] = connection.execute("SELECT count(*) FROM data_key").fetchall()
        assert keys == len(people), "no key without its person"
        return {name: tuple(counts) for name, *counts in people}
    finally:
        connection.close()


ANA = {"Ana": (2, 1, 2, 1, 1)}
AFTER = {"enroll": {**ANA, "Bo": (3, 1, 3, 1, 1)}, "add": {"Ana": (5, 1, 5, 2, 1)}, "delete": {}}


@pytest.mark.skipif(sys.platform == "win32", reason="there is neither fork nor SIGKILL")
@pytest.mark.parametrize("action", ["enroll", "add", "delete"])
def test_a_killed_change_happened_wholly_or_not_at_all(tmp_path: Path, action: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(tmp_path), action], capture_output=True, text=True, check=True
    )
    stops = json.loads(run.stdout)
    assert len(stops) > 6
    assert stops == [True] * (len(stops) - 1) + [False], "killed at every stop but in the last run"
    states = [state(tmp_path / f"killed-{stop}") for stop in range(len(stops))]
    assert states[0] == state(tmp_path / "before") == ANA
    assert states[-1] == AFTER[action]
    turn = states.index(AFTER[action])
    assert states == [ANA] * turn + [AFTER[action]] * (len(states) - turn)
