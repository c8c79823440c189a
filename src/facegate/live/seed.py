"""The `/` namespace: what the first seed's page sends and expects, in open mode only."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from facegate.errors import FaceRejected, InputError
from facegate.gallery.enrolment import conflicts, usable_face
from facegate.gallery.values import Sample
from facegate.imaging.draw import Overlay
from facegate.imaging.encode import encode_jpeg
from facegate.live.audience import Audience, Member
from facegate.live.guarded import GuardedNamespace
from facegate.live.protocol import SeedSample, parse, picture
from facegate.live.recognition import StreamRecognizer, overlay_of
from facegate.live.services import LiveServices
from facegate.live.socket_server import SocketServer
from facegate.live.viewer import Superseded, Viewer
from facegate.types import Embedding

# The seed's page sends a picture a second for as long as it is left in that mode.
SAMPLES_PER_NAME = 20


@dataclass(eq=False, slots=True)
class _State:
    viewer: Viewer[bytes, bytes]
    adding: asyncio.Lock = field(default_factory=asyncio.Lock)
    # Names used on this socket: the person's id, and pictures added here.
    people: dict[str, str] = field(default_factory=dict[str, str])
    added: dict[str, int] = field(default_factory=dict[str, int])


class SeedNamespace(GuardedNamespace[_State]):
    """`video_frame` to `resDetect`, `preprocessing` to `result_data`; errors go to acknowledgements, if asked for."""

    NAME = "/"
    EVENTS: ClassVar[Mapping[str, tuple[str, bool]]] = {
        "video_frame": ("recognize", True),
        "preprocessing": ("enroll", False),
    }

    def __init__(self, services: LiveServices, sockets: SocketServer, audience: Audience) -> None:
        super().__init__(self.NAME, sockets, audience)
        self._services = services

    def handlers(self) -> Mapping[str, Callable[..., Awaitable[object]]]:
        """The two events."""
        return {"video_frame": self._video_frame, "preprocessing": self._preprocessing}

    def open_state(self, member: Member) -> _State:
        """A recogniser of the member's own."""
        services = self._services
        recognizer = StreamRecognizer(services.engine, services.gallery, services.table, services.settings)

        def annotate(jpeg: bytes) -> bytes:
            frame = services.decode(jpeg)
            sightings = recognizer.step(frame, services.monotonic() * 1000)
            drawn = services.painter.draw(frame, [overlay_of(s) for s in sightings], mirrored=True)
            return encode_jpeg(drawn)

        return _State(Viewer(services.pool, annotate))

    async def close_state(self, state: _State) -> None:
        """Wait for the frame in work."""
        await state.viewer.close()

    async def _video_frame(self, member: Member, state: _State, jpeg: object = None, *_: object) -> None:
        outcome = await state.viewer.offer(picture(jpeg, "video_frame"))
        if not isinstance(outcome, Superseded):
            await self.emit("resDetect", outcome.value, to=member.sid)

    async def _preprocessing(self, member: Member, state: _State, request: object = None, *_: object) -> None:
        wanted = parse(SeedSample, request, "preprocessing")
        if state.adding.locked():
            return
        async with state.adding:
            try:
                drawn = await self._services.pool.run(lambda: self._add(state, wanted))
            except InputError:
                await self.emit("result_data", (None,), to=member.sid)
                raise
        await self.emit("result_data", drawn, to=member.sid)

    def _add(self, state: _State, wanted: SeedSample) -> bytes:
        """Add one picture to the person of that name and draw what was seen.

        Raises:
            InputError: nothing was stored.
        """
        services = self._services
        frame = services.decode(wanted.blob)
        face = usable_face(services.engine.analyze(frame), settings=services.settings)
        if face.embedding is None:
            raise FaceRejected("The face could not be measured. Send another picture.", code="low_quality")
        if state.added.get(wanted.name, 0) < SAMPLES_PER_NAME:
            person_id = state.people.get(wanted.name) or self._person_of(wanted.name, face.embedding)
            conflict = conflicts(face.embedding, services.gallery, services.table, person_id=person_id)
            if conflict is not None:
                raise FaceRejected(
                    f"This face does not go with {wanted.name}: it is, or is too unlike, somebody enrolled already. "
                    "Send a picture of the same person, or use another name.",
                    code="identity_conflict",
                )
            sample = Sample(face.embedding, face.quality, "seed socket")
            person = services.gallery.enroll(
                [sample], name=None if person_id else wanted.name, person_id=person_id, consent=None
            )
            state.people[wanted.name] = person.id
            state.added[wanted.name] = state.added.get(wanted.name, 0) + 1
        overlay = Overlay(face.box, "matched", wanted.name)
        return encode_jpeg(services.painter.draw(frame, [overlay], mirrored=True))

    def _person_of(self, name: str, embedding: Embedding) -> str | None:
        """Of the people of that name the first this face goes with; else the first, else None: a new person."""
        services = self._services
        found = services.gallery.find(name)
        for person in found:
            if conflicts(embedding, services.gallery, services.table, person_id=person.id) is None:
                return person.id
        return found[0].id if found else None
