"""The `/live` namespace: frames in, faces out; enrolment."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

from facegate.errors import ConsentRequired
from facegate.gallery.consent import consent_text
from facegate.live.answers import face_json, person_json
from facegate.live.audience import Audience, Member
from facegate.live.enrolment import PendingEnrolment, Subject
from facegate.live.guarded import GuardedNamespace
from facegate.live.protocol import (
    EnrollAnswer,
    EnrolledAnswer,
    EnrollFinish,
    EnrollRequest,
    ErrorAnswer,
    FrameAnswer,
    FrameMeta,
    SightingEvent,
    SupersededAnswer,
    parse,
    picture,
)
from facegate.live.recognition import Sighting, StreamRecognizer
from facegate.live.services import LiveServices
from facegate.live.socket_server import SocketServer
from facegate.live.viewer import Superseded, Viewer


@dataclass(frozen=True, slots=True)
class _Frame:
    jpeg: bytes
    arrived_ms: float


@dataclass(frozen=True, slots=True)
class _Seen:
    sightings: list[Sighting]
    width: int
    height: int
    gallery_size: int
    timings_ms: dict[str, float]


@dataclass(eq=False, slots=True)
class _State:
    viewer: Viewer[_Frame, _Seen]
    enrolment: PendingEnrolment
    enrolling: asyncio.Lock
    announced: dict[int, str]


class LiveNamespace(GuardedNamespace[_State]):
    """Recognition and enrolment for the page and for programs."""

    NAME = "/live"

    EVENTS: ClassVar[Mapping[str, tuple[str, bool]]] = {
        "frame": ("recognize", True),
        "enroll": ("enroll", False),
        "enroll_finish": ("enroll", False),
        "enroll_cancel": ("enroll", False),
    }

    def __init__(self, services: LiveServices, sockets: SocketServer, audience: Audience) -> None:
        super().__init__(self.NAME, sockets, audience)
        self._services = services

    def handlers(self) -> Mapping[str, Callable[..., Awaitable[object]]]:
        """The four events."""
        return {
            "frame": self._frame,
            "enroll": self._enroll,
            "enroll_finish": self._enroll_finish,
            "enroll_cancel": self._enroll_cancel,
        }

    def mark(self, answer: ErrorAnswer, arguments: tuple[object, ...]) -> ErrorAnswer:
        """Give a failed frame its number back, when it came with one."""
        meta = cast(dict[object, object], arguments[1]) if len(arguments) > 1 and isinstance(arguments[1], dict) else {}
        seq = meta.get("seq")
        return {"seq": seq, **answer} if isinstance(seq, int) else answer

    def open_state(self, member: Member) -> _State:
        """A recogniser and an enrolment of the member's own."""
        services = self._services
        recognizer = StreamRecognizer(services.engine, services.gallery, services.table, services.settings)

        def look(frame: _Frame) -> _Seen:
            started = time.perf_counter()
            decoded = services.decode(frame.jpeg)
            decoded_ms = (time.perf_counter() - started) * 1000
            sightings = recognizer.step(decoded, frame.arrived_ms)
            timings = {"decode": decoded_ms, **recognizer.timings_ms}
            timings["total"] = (time.perf_counter() - started) * 1000
            return _Seen(sightings, decoded.width, decoded.height, services.gallery.size, timings)

        return _State(
            Viewer(services.pool, look),
            PendingEnrolment(services.engine, services.gallery, services.table, services.settings),
            asyncio.Lock(),
            {},
        )

    async def close_state(self, state: _State) -> None:
        """Wait for the frame in work."""
        await state.viewer.close()

    async def _frame(
        self, member: Member, state: _State, jpeg: object = None, meta: object = None
    ) -> FrameAnswer | SupersededAnswer:
        wanted = parse(FrameMeta, meta, "frame")
        frame = _Frame(picture(jpeg, "frame"), self._services.monotonic() * 1000)
        outcome = await state.viewer.offer(frame)
        if isinstance(outcome, Superseded):
            return {"seq": wanted.seq, "superseded": True, "skipped": outcome.skipped}
        seen = outcome.value
        await self._announce(member, state, seen.sightings)
        timings = {"queue": outcome.queue_ms, **seen.timings_ms}
        timings["total"] += outcome.queue_ms
        return {
            "seq": wanted.seq,
            "faces": [face_json(s, seen.width, seen.height, self._services.table) for s in seen.sightings],
            "skipped": outcome.skipped,
            "gallery_size": seen.gallery_size,
            "width": seen.width,
            "height": seen.height,
            "timings_ms": {name: round(value, 2) for name, value in timings.items()},
        }

    async def _announce(self, member: Member, state: _State, sightings: list[Sighting]) -> None:
        """Send `sighting` for every track that became a person it was not before."""
        known = state.announced
        state.announced = {}
        for sighting in sightings:
            person = sighting.match.person if sighting.match.status == "matched" else None
            before = known.get(sighting.track_id)
            if person is not None and person.id != before:
                event: SightingEvent = {
                    "track_id": sighting.track_id,
                    "person": person_json(person),
                    "at": self._services.now().isoformat(timespec="milliseconds"),
                }
                await self.emit("sighting", event, to=member.sid)
            name = person.id if person is not None else before
            if name is not None:
                state.announced[sighting.track_id] = name

    async def _enroll(self, member: Member, state: _State, request: object = None, jpeg: object = None) -> EnrollAnswer:
        wanted = parse(EnrollRequest, request, "enroll")
        if not wanted.consent:
            raise ConsentRequired(
                "A face is stored only after the person agreed. Show the consent text and send consent: true."
            )
        consent = consent_text(wanted.consent_version)
        data = picture(jpeg, "enroll")
        pending = state.enrolment
        now_ms = self._services.monotonic() * 1000
        if state.enrolling.locked() or not pending.is_due(now_ms):
            return pending.too_soon()
        async with state.enrolling:
            subject = Subject(wanted.name, wanted.person_id, consent)
            return await self._services.pool.run(lambda: pending.consider(self._services.decode(data), subject, now_ms))

    async def _enroll_finish(self, member: Member, state: _State, request: object = None, *_: object) -> EnrolledAnswer:
        choice = parse(EnrollFinish, request, "enroll_finish")
        async with state.enrolling:
            # No picture is looked at, and a busy database must not hold a thread of the pool.
            person = await asyncio.to_thread(
                state.enrolment.finish, choice.person_id, new=choice.new, given_at=self._services.now()
            )
        return {"person": {"id": person.id, "name": person.name}, "samples": person.samples}

    async def _enroll_cancel(self, member: Member, state: _State, *_: object) -> dict[str, object]:
        async with state.enrolling:
            state.enrolment.cancel()
        return {}
