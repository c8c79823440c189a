"""The `/live` namespace: a real server, the real engine, real faces, python-socketio's own client."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import socketio
from PIL import Image

from facegate.gallery.consent import CURRENT_CONSENT
from tests.serving import Live, Server

CONSENT = {"consent": True, "consent_version": CURRENT_CONSENT.version}
GAP_S = 0.62


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


@pytest.fixture
async def live(nobody: Server) -> AsyncIterator[Live]:
    async with Live() as client:
        yield await client.connect(nobody)


async def enrol(live: Live, frames: list[bytes], who: dict[str, Any], count: int = 2) -> Any:
    """Take pictures until `count` were accepted; the last answer."""
    answer: Any = None
    for frame in frames[:count]:
        answer = await live.call("enroll", who | CONSENT, frame)
        assert answer["accepted"], answer
        await asyncio.sleep(GAP_S)
    return answer


async def named(live: Live, frames: list[bytes]) -> list[str | None]:
    """Who is seen after as many frames as a vote needs, largest first."""
    answer: Any = None
    for frame in frames[:4]:
        answer = await live.frame(frame)
    return [face["person"] and face["person"]["name"] for face in answer["faces"]]


# Recognition


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_a_person_is_enrolled_and_then_named(
    nobody: Server, eileen: list[bytes], grace: list[bytes], transport: str
) -> None:
    async with Live() as live:
        await live.connect(nobody, transport=transport)
        first = await live.frame(eileen[0], 7)
        assert first["seq"] == 7 and first["gallery_size"] == 0
        assert (first["width"], first["height"]) == (640, 480)
        (face,) = first["faces"]
        assert face["status"] == "pending" and face["votes"] == {"have": 1, "needed": 3}

        await enrol(live, eileen, {"name": "Eileen Collins"})
        saved = await live.call("enroll_finish", {})
        assert saved["person"]["name"] == "Eileen Collins" and saved["samples"] == 2

        assert await named(live, eileen[3:]) == ["Eileen Collins"]
        answer = await live.frame(eileen[4], 8)
        (face,) = answer["faces"]
        assert face["person"] == saved["person"]
        assert face["similarity"] >= face["threshold"] and 0 < face["fmr"] <= 1e-3
        assert face["strength"] in {"very strong", "likely"} and "1 in" in face["odds"]
        assert set(answer["timings_ms"]) >= {"queue", "decode", "detect", "align", "embed", "match", "total"}
        assert [s["person"] for s in live.sightings] == [saved["person"]]

        assert await named(live, grace) == [None]


async def test_the_answer_has_exactly_the_agreed_fields(live: Live, eileen: list[bytes]) -> None:
    answer = await live.frame(eileen[0], 3)
    assert set(answer) == {"seq", "faces", "skipped", "gallery_size", "width", "height", "timings_ms"}
    (face,) = answer["faces"]
    assert set(face) == {
        "track_id", "bbox", "landmarks", "status", "person", "similarity", "threshold", "fmr", "fpir", "margin",
        "reason", "votes", "strength", "odds", "detection_score", "quality",
    }  # fmt: skip
    assert set(face["bbox"]) == {"pixels", "normalized"} and len(face["landmarks"]) == 5
    assert set(face["quality"]) == {
        "eye_distance_px", "sharpness", "brightness", "contrast", "nose_offset", "roll_degrees"
    }  # fmt: skip


async def test_somebody_unknown_turns_into_their_name_as_soon_as_they_are_enrolled(
    nobody: Server, live: Live, eileen: list[bytes]
) -> None:
    assert await named(live, eileen) == [None]
    assert (await live.frame(eileen[4]))["faces"][0]["status"] == "unknown"
    async with Live() as other:
        await other.connect(nobody)
        await enrol(other, eileen, {"name": "Eileen"})
        person = (await other.call("enroll_finish", {}))["person"]
    assert (await live.frame(eileen[4]))["faces"][0]["person"] == person
    nobody.services.gallery.rename(person["id"], "Pamela")
    assert (await live.frame(eileen[4]))["faces"][0]["person"]["name"] == "Pamela"
    nobody.services.gallery.delete(person["id"])
    assert (await live.frame(eileen[4]))["faces"][0]["status"] == "unknown"


async def test_two_people_are_told_apart(live: Live, eileen: list[bytes], both: bytes) -> None:
    await enrol(live, eileen, {"name": "Eileen"})
    await live.call("enroll_finish", {})
    names = await named(live, [both] * 4)
    assert sorted(names, key=str) == ["Eileen", None]


async def test_every_frame_is_acknowledged_and_the_newest_wins(live: Live, eileen: list[bytes]) -> None:
    answers = await asyncio.gather(*(live.frame(eileen[n % 7], n) for n in range(12)))
    assert [answer["seq"] for answer in answers] == list(range(12))
    superseded = [answer for answer in answers if answer.get("superseded")]
    answered = [answer for answer in answers if "faces" in answer]
    assert superseded and len(answered) + len(superseded) == 12
    assert all(set(answer) == {"seq", "superseded", "skipped"} for answer in superseded)
    assert "faces" in answers[-1] and answers[-1]["skipped"] == len(superseded)


async def test_an_empty_room_has_no_faces(live: Live, empty_room: bytes) -> None:
    assert (await live.frame(empty_room))["faces"] == []


# Bad input


def gif() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64)).save(file, "GIF")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "invalid_image"),
        (b"garbage", "unsupported_media_type"),
        (b"\xff\xd8\xff" + b"\x00" * 500, "invalid_image"),
        (gif(), "unsupported_media_type"),
        (b"\x00\x00\x00\x18ftypheic" + b"\x00" * 100, "unsupported_media_type"),
        ("text", "invalid_request"),
        (None, "invalid_request"),
        (5, "invalid_request"),
        ([b"nested"], "invalid_request"),
        ({"a": b"nested"}, "invalid_request"),
    ],
)
async def test_a_bad_frame_gets_its_code_and_its_number_and_the_next_one_works(
    live: Live, eileen: list[bytes], data: Any, code: str
) -> None:
    answer = await live.frame(data, 41)
    assert answer["seq"] == 41
    assert answer["error"]["code"] == code and answer["error"]["message"]
    assert set(answer["error"]) == {"code", "message", "details"}
    assert len((await live.frame(eileen[0], 42))["faces"]) == 1


async def test_a_truncated_frame_is_refused(live: Live, eileen: list[bytes]) -> None:
    assert (await live.frame(eileen[0][: len(eileen[0]) // 2]))["error"]["code"] == "invalid_image"


async def test_a_frame_of_too_many_pixels_is_refused(live: Live) -> None:
    file = io.BytesIO()
    Image.new("L", (8000, 4000)).save(file, "JPEG", quality=10)
    assert (await live.frame(file.getvalue()))["error"]["code"] == "image_too_large"


@pytest.mark.parametrize(
    "meta",
    [{"seq": "x"}, {"seq": -1}, {"seq": 1.5}, {"seq": 2**60}, {"more": 1}, {"captured_ms": "now"}, [], "x", 5],
)
async def test_bad_frame_meta_is_refused(live: Live, eileen: list[bytes], meta: Any) -> None:
    answer = await live.call("frame", eileen[0], meta)
    assert answer["error"]["code"] == "invalid_request"


async def test_a_frame_without_meta_is_fine(live: Live, eileen: list[bytes]) -> None:
    assert (await live.client.call("frame", eileen[0], namespace="/live"))["seq"] == 0


async def test_a_frame_of_20_mb_ends_that_connection_only(nobody: Server, live: Live, eileen: list[bytes]) -> None:
    async with Live() as big:
        await big.connect(nobody)
        with pytest.raises(socketio.exceptions.SocketIOError):
            await big.call("frame", b"\xff\xd8\xff" + b"x" * 20_000_000, {"seq": 1}, timeout=5)
        await until(lambda: big.gone)
    assert len((await live.frame(eileen[0]))["faces"]) == 1


async def test_an_unknown_event_is_ignored(live: Live, eileen: list[bytes]) -> None:
    await live.client.emit("nonsense", {"a": b"x"}, namespace="/live")
    await live.client.emit("subscribe", "everything", namespace="/live")
    assert len((await live.frame(eileen[0]))["faces"]) == 1


async def test_an_unknown_namespace_is_refused(nobody: Server) -> None:
    client = socketio.AsyncClient(reconnection=False)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(nobody.url, namespaces=["/admin"], transports=["websocket"], wait_timeout=5)
    await client.disconnect()


# Enrolment


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (CONSENT, "invalid_request"),
        (CONSENT | {"name": ""}, "invalid_request"),
        (CONSENT | {"name": "   "}, "invalid_request"),
        (CONSENT | {"name": "x" * 81}, "invalid_request"),
        (CONSENT | {"name": "a\u202eb"}, "invalid_request"),
        (CONSENT | {"name": "a\nb"}, "invalid_request"),
        (CONSENT | {"name": 5}, "invalid_request"),
        (CONSENT | {"name": "Ana", "person_id": "x"}, "invalid_request"),
        (CONSENT | {"name": "Ana", "more": 1}, "invalid_request"),
        (CONSENT | {"person_id": "nobody"}, "not_found"),
        ({"name": "Ana"}, "consent_required"),
        ({"name": "Ana", "consent": False, "consent_version": CURRENT_CONSENT.version}, "consent_required"),
        ({"name": "Ana", "consent": "yes", "consent_version": CURRENT_CONSENT.version}, "invalid_request"),
        ({"name": "Ana", "consent": True, "consent_version": "live-99"}, "consent_required"),
        ({"name": "Ana", "consent": True}, "consent_required"),
        (None, "invalid_request"),
        ("Ana", "invalid_request"),
        ([], "invalid_request"),
    ],
)
async def test_a_bad_enrolment_is_named_and_stores_nothing(
    nobody: Server, live: Live, eileen: list[bytes], request_: Any, code: str
) -> None:
    answer = await live.call("enroll", request_, eileen[0])
    assert answer["error"]["code"] == code, answer
    assert (await live.call("enroll_finish", {}))["error"]["code"] == "invalid_request"
    assert nobody.services.gallery.people() == []


async def test_a_bad_picture_is_an_error_of_that_picture(live: Live) -> None:
    who = {"name": "Ana"} | CONSENT
    assert (await live.call("enroll", who, b"garbage"))["error"]["code"] == "unsupported_media_type"
    assert (await live.call("enroll", who, "text"))["error"]["code"] == "invalid_request"
    assert (await live.call("enroll", who))["error"]["code"] == "invalid_request"


async def test_unusable_pictures_are_refused_with_a_reason_and_a_hint(
    live: Live, both: bytes, empty_room: bytes
) -> None:
    who = {"name": "Ana"} | CONSENT
    for picture, reason in ((empty_room, "face_not_found"), (both, "multiple_faces")):
        answer = await live.call("enroll", who, picture)
        assert (answer["accepted"], answer["reason"], answer["samples"]) == (False, reason, 0)
        assert answer["hint"]


async def test_pictures_of_one_moment_are_one_sample(live: Live, eileen: list[bytes]) -> None:
    who = {"name": "Eileen"} | CONSENT
    first = await live.call("enroll", who, eileen[0])
    assert first["accepted"] and (first["samples"], first["needed"], first["minimum"]) == (1, 5, 2)
    second = await live.call("enroll", who, eileen[1])
    assert (second["accepted"], second["reason"], second["samples"]) == (False, "too_soon", 1)


async def test_five_pictures_are_enough(nobody: Server, live: Live, eileen: list[bytes]) -> None:
    answer = await enrol(live, eileen, {"name": "Eileen"}, count=5)
    assert answer["done"] and answer["samples"] == 5
    more = await live.call("enroll", {"name": "Eileen"} | CONSENT, eileen[5])
    assert not more["accepted"] and more["done"] and more["samples"] == 5
    await live.call("enroll_finish", {})
    (person,) = nobody.services.gallery.people()
    assert person.samples == 5
    assert person.consent is not None and person.consent.text_version == CURRENT_CONSENT.version


async def test_saving_needs_two_pictures(nobody: Server, live: Live, eileen: list[bytes]) -> None:
    await enrol(live, eileen, {"name": "Eileen"}, count=1)
    answer = await live.call("enroll_finish", {})
    assert answer["error"]["code"] == "invalid_request"
    assert answer["error"]["details"] == {"samples": 1, "minimum": 2}
    assert nobody.services.gallery.people() == []


async def test_another_person_in_between_is_refused(live: Live, eileen: list[bytes], grace: list[bytes]) -> None:
    await enrol(live, eileen, {"name": "Eileen"}, count=1)
    answer = await live.call("enroll", {"name": "Eileen"} | CONSENT, grace[0])
    assert (answer["accepted"], answer["reason"], answer["samples"]) == (False, "identity_inconsistent", 1)


async def test_another_name_starts_over(nobody: Server, live: Live, eileen: list[bytes], grace: list[bytes]) -> None:
    await enrol(live, eileen, {"name": "Eileen"}, count=2)
    answer = await enrol(live, grace, {"name": "Grace"}, count=2)
    assert answer["samples"] == 2
    await live.call("enroll_finish", {})
    assert [person.name for person in nobody.services.gallery.people()] == ["Grace"]


async def test_cancelling_forgets_the_pictures(nobody: Server, live: Live, eileen: list[bytes]) -> None:
    await enrol(live, eileen, {"name": "Eileen"}, count=2)
    assert await live.call("enroll_cancel") == {}
    assert (await live.call("enroll_finish", {}))["error"]["code"] == "invalid_request"


async def test_pending_pictures_die_with_their_socket(nobody: Server, live: Live, eileen: list[bytes]) -> None:
    async with Live() as first:
        await first.connect(nobody)
        await enrol(first, eileen, {"name": "Eileen"}, count=2)
    assert (await live.call("enroll_finish", {}))["error"]["code"] == "invalid_request"
    assert nobody.services.gallery.people() == []


async def test_a_known_face_under_a_new_name_asks_first(nobody: Server, live: Live, eileen: list[bytes]) -> None:
    await enrol(live, eileen, {"name": "Eileen"})
    known = (await live.call("enroll_finish", {}))["person"]

    answer = await enrol(live, eileen[2:], {"name": "Pamela"})
    assert answer["conflict"] == known
    refused = (await live.call("enroll_finish", {}))["error"]
    assert refused["code"] == "identity_conflict"
    assert refused["details"] == {"person_id": known["id"], "name": "Eileen"}
    assert "Eileen" in refused["message"]
    assert len(nobody.services.gallery.people()) == 1

    same = await live.call("enroll_finish", {"person_id": known["id"]})
    assert same == {"person": known, "samples": 4}

    await enrol(live, eileen[4:], {"name": "Pamela"})
    twin = await live.call("enroll_finish", {"new": True})
    assert twin["person"]["name"] == "Pamela" and twin["person"]["id"] != known["id"]


async def test_pictures_of_somebody_else_are_not_added_to_a_person(
    nobody: Server, live: Live, eileen: list[bytes], grace: list[bytes]
) -> None:
    await enrol(live, eileen, {"name": "Eileen"})
    known = (await live.call("enroll_finish", {}))["person"]
    answer = await enrol(live, grace, {"person_id": known["id"]})
    assert answer["conflict"] is not None
    for choice in ({}, {"person_id": known["id"]}):
        assert (await live.call("enroll_finish", choice))["error"]["code"] == "identity_conflict"
    assert (await live.call("enroll_finish", {"new": True}))["error"]["code"] == "invalid_request"
    assert nobody.services.gallery.get(known["id"]).samples == 2


@pytest.mark.parametrize("choice", [{"person_id": "x", "new": True}, {"new": "yes"}, {"more": 1}, "x", [1]])
async def test_a_bad_choice_is_refused(live: Live, choice: Any) -> None:
    assert (await live.call("enroll_finish", choice))["error"]["code"] == "invalid_request"
