"""One viewer's frames: at most one in work and one waiting, and the newest wins."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from facegate.live.pool import InferencePool

Frame = TypeVar("Frame")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Answered(Generic[Answer]):
    """What the work said about a frame.

    Attributes:
        value: the work's result.
        queue_ms: from the frame's arrival to the start of its work.
        skipped: frames of this viewer displaced so far.
    """

    value: Answer
    queue_ms: float
    skipped: int


@dataclass(frozen=True, slots=True)
class Superseded:
    """A newer frame came before this one was begun.

    Attributes:
        skipped: frames of this viewer displaced so far.
    """

    skipped: int


@dataclass(slots=True)
class _Waiting(Generic[Frame, Answer]):
    frame: Frame
    answer: "asyncio.Future[Answered[Answer] | Superseded]"
    since: float


class Viewer(Generic[Frame, Answer]):
    """Feeds a stream of frames through the pool, one at a time.

    `work` is called on pool threads, never twice at once, so it may keep state between frames.
    """

    def __init__(self, pool: InferencePool, work: Callable[[Frame], Answer]) -> None:
        self._pool = pool
        self._work = work
        self._slot_lock = threading.Lock()
        self._slot: _Waiting[Frame, Answer] | None = None
        self._in_work: _Waiting[Frame, Answer] | None = None
        self._task: asyncio.Task[None] | None = None
        self.skipped = 0

    async def offer(self, frame: Frame) -> Answered[Answer] | Superseded:
        """Hand in a frame and wait for what becomes of it; a frame that was waiting is answered as superseded.

        Raises:
            Overloaded: too many viewers are waiting.
            FacegateError: whatever the work raised.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting[Frame, Answer](frame, loop.create_future(), time.perf_counter())
        with self._slot_lock:
            displaced, self._slot = self._slot, waiting
        if displaced is not None:
            self.skipped += 1
            _settle(displaced, Superseded(self.skipped))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._drain())
        return await waiting.answer

    async def close(self) -> None:
        """Forget the waiting frame and wait for the one in work."""
        with self._slot_lock:
            waiting, self._slot = self._slot, None
        if waiting is not None:
            _settle(waiting, Superseded(self.skipped))
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _drain(self) -> None:
        while self._slot is not None:
            try:
                answered = await self._pool.run(self._work_on_newest)
            except asyncio.CancelledError:  # the pool was closed
                for left in (self._in_work, self._take()):
                    if left is not None:
                        _settle(left, Superseded(self.skipped))
                raise
            except Exception as error:  # whatever it was, it belongs to the one who sent the frame
                failed = self._in_work or self._take()
                if failed is not None and not failed.answer.done():
                    failed.answer.set_exception(error)
            else:
                if answered is not None and self._in_work is not None:
                    _settle(self._in_work, answered)
            self._in_work = None

    def _work_on_newest(self) -> Answered[Answer] | None:
        self._in_work = self._take()
        if self._in_work is None:
            return None
        queue_ms = (time.perf_counter() - self._in_work.since) * 1000
        return Answered(self._work(self._in_work.frame), queue_ms, self.skipped)

    def _take(self) -> _Waiting[Frame, Answer] | None:
        with self._slot_lock:
            taken, self._slot = self._slot, None
        return taken


def _settle(
    waiting: "_Waiting[Frame, Answer]",
    outcome: "Answered[Answer] | Superseded",
) -> None:
    if not waiting.answer.done():
        waiting.answer.set_result(outcome)
