"""Pool and viewer: newest wins, one at a time, bounded, fair, and an orderly end."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from facegate.errors import InvalidImage, NotReady, Overloaded
from facegate.live.limits import TokenBucket
from facegate.live.pool import InferencePool
from facegate.live.viewer import Answered, Superseded, Viewer


@pytest.fixture
def pool() -> Iterator[InferencePool]:
    made = InferencePool(1, 4)
    yield made
    made.close()


class Gate:
    """Work that waits until it is let go, and remembers what it was given."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.begun = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self.at_once = 0
        self.most_at_once = 0

    def __call__(self, frame: Any) -> str:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.seen.append(frame)
        self.begun.release()
        assert self.go.acquire(timeout=20)
        self.at_once -= 1
        return f"saw {frame}"


async def begun(gate: Gate) -> None:
    assert await asyncio.to_thread(gate.begun.acquire, timeout=20)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.005)


async def test_the_newest_frame_wins_and_the_displaced_is_told(pool: InferencePool) -> None:
    gate = Gate()
    viewer = Viewer(pool, gate)
    first = asyncio.create_task(viewer.offer("a"))
    await begun(gate)
    waiting = [asyncio.create_task(viewer.offer(name)) for name in "bcd"]
    await asyncio.sleep(0)
    displaced = await asyncio.gather(*waiting[:2])
    assert displaced == [Superseded(1), Superseded(2)]
    gate.go.release(2)
    answer = await first
    assert isinstance(answer, Answered) and answer.value == "saw a"
    last = await waiting[2]
    assert isinstance(last, Answered) and (last.value, last.skipped) == ("saw d", 2)
    assert gate.seen == ["a", "d"]


async def test_a_frame_is_displaced_even_after_its_job_is_in_the_line(pool: InferencePool) -> None:
    gate, other = Gate(), Gate()
    blocker = asyncio.create_task(Viewer(pool, other).offer("busy"))
    await begun(other)
    viewer = Viewer(pool, gate)
    old = asyncio.create_task(viewer.offer("old"))
    await until(lambda: pool.waiting == 1)
    new = asyncio.create_task(viewer.offer("new"))
    assert await old == Superseded(1)
    assert pool.waiting == 1
    other.go.release()
    gate.go.release()
    await asyncio.gather(blocker, new)
    assert gate.seen == ["new"]


async def test_one_viewers_frames_are_never_worked_on_at_the_same_time() -> None:
    pool = InferencePool(4, 8)
    gate = Gate()
    viewer = Viewer(pool, gate)
    gate.go.release(100)
    await asyncio.gather(*(viewer.offer(n) for n in range(20)))
    pool.close()
    assert gate.most_at_once == 1


async def test_viewers_take_turns(pool: InferencePool) -> None:
    order: list[str] = []
    viewers = {name: Viewer(pool, lambda frame: order.append(frame)) for name in "ab"}
    start = threading.Event()
    held = asyncio.create_task(pool.run(lambda: start.wait(20)))
    await until(lambda: pool.waiting == 0)

    async def stream(name: str) -> None:
        for _ in range(10):
            await viewers[name].offer(name)

    streams = [asyncio.create_task(stream(name)) for name in "ab"]
    await until(lambda: pool.waiting == 2)
    start.set()
    await asyncio.gather(held, *streams)
    assert order == ["a", "b"] * 10


async def test_the_work_s_error_goes_to_the_frame_that_caused_it(pool: InferencePool) -> None:
    def work(frame: str) -> str:
        if frame == "bad":
            raise InvalidImage("broken")
        return frame

    viewer = Viewer(pool, work)
    with pytest.raises(InvalidImage):
        await viewer.offer("bad")
    answer = await viewer.offer("good")
    assert isinstance(answer, Answered) and answer.value == "good"


async def test_too_many_waiting_viewers_are_told_so() -> None:
    pool = InferencePool(1, 2)
    gate = Gate()
    busy = asyncio.create_task(Viewer(pool, gate).offer(0))
    await begun(gate)
    waiting = [asyncio.create_task(Viewer(pool, gate).offer(n)) for n in (1, 2)]
    await until(lambda: pool.waiting == 2)
    with pytest.raises(Overloaded):
        await Viewer(pool, gate).offer(3)
    gate.go.release(3)
    await asyncio.gather(busy, *waiting)
    assert pool.waiting == 0
    pool.close()


async def test_a_closed_pool_takes_nothing_and_answers_what_waited() -> None:
    pool = InferencePool(1, 8)
    gate = Gate()
    viewers = [Viewer(pool, gate) for _ in range(2)]
    running = asyncio.create_task(viewers[0].offer("running"))
    await begun(gate)
    waiting = asyncio.create_task(viewers[1].offer("waiting"))
    await until(lambda: pool.waiting == 1)
    closing = asyncio.create_task(asyncio.to_thread(pool.close))
    assert await waiting == Superseded(0)
    gate.go.release()
    await asyncio.gather(closing, running)
    with pytest.raises(NotReady):
        await Viewer(pool, gate).offer("late")


async def test_closing_a_viewer_forgets_its_waiting_frame(pool: InferencePool) -> None:
    gate = Gate()
    viewer = Viewer(pool, gate)
    running = asyncio.create_task(viewer.offer("running"))
    await begun(gate)
    waiting = asyncio.create_task(viewer.offer("waiting"))
    await asyncio.sleep(0)
    closing = asyncio.create_task(viewer.close())
    assert await waiting == Superseded(0)
    gate.go.release()
    await asyncio.gather(closing, running)
    assert gate.seen == ["running"]


async def test_the_event_loop_stays_free_while_the_pool_works(pool: InferencePool) -> None:
    ticks = 0

    async def tick() -> AsyncIterator[None]:
        while True:
            await asyncio.sleep(0.001)
            yield

    work = asyncio.create_task(pool.run(lambda: time.sleep(0.2)))
    async for _ in tick():
        ticks += 1
        if work.done():
            break
    assert ticks > 5


def test_token_bucket_keeps_the_rate_and_allows_a_burst() -> None:
    now = [0.0]
    bucket = TokenBucket(10, 3, lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    taken = 0
    for step in range(1, 1001):
        now[0] = step / 100
        taken += bucket.take()
    assert 99 <= taken <= 101
    now[0] = 5.0  # a clock that goes back gives nothing away
    assert sum(bucket.take() for _ in range(10)) <= 1
