"""The bounded pool of native threads in which all model work is done."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from facegate.errors import NotReady, Overloaded

T = TypeVar("T")


class InferencePool:
    """Runs blocking work on a fixed number of threads, with a bounded line of waiting jobs.

    The networks release the GIL and run single-threaded, so one thread per core is the sensible number. Jobs start in
    the order they came; a viewer has at most one in the line, so viewers take turns.
    """

    def __init__(self, threads: int | None, max_waiting: int) -> None:
        self.threads = threads or os.cpu_count() or 1
        self.max_waiting = max_waiting
        self._executor = ThreadPoolExecutor(self.threads, thread_name_prefix="inference")
        self._lock = threading.Lock()
        self._waiting = 0
        self._closed = False

    @property
    def waiting(self) -> int:
        """Jobs handed in that no thread has begun."""
        with self._lock:
            return self._waiting

    async def run(self, work: Callable[[], T]) -> T:
        """Do `work` on a pool thread and give its result; call this on the event loop.

        Raises:
            Overloaded: as many jobs as the settings allow are waiting already.
            NotReady: the pool is closed.
        """
        with self._lock:
            if self._closed:
                raise NotReady("The server is stopping. Connect again in a moment.")
            if self._waiting >= self.max_waiting:
                raise Overloaded(
                    f"{self._waiting} pictures are waiting for this server already. Send fewer pictures, or try again."
                )
            self._waiting += 1
        begun = False

        def begin() -> T:
            nonlocal begun
            with self._lock:
                self._waiting -= 1
                begun = True
            return work()

        future = self._executor.submit(begin)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            # A job cancelled in the line never begins, so it must be taken off the count here.
            with self._lock:
                if not begun and future.cancelled():
                    self._waiting -= 1
            raise

    def close(self) -> None:
        """Take no more work, drop what waits and wait for what runs."""
        with self._lock:
            self._closed = True
        self._executor.shutdown(wait=True, cancel_futures=True)
