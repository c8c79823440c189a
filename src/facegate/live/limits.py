"""How often one socket may speak."""

from collections.abc import Callable

Monotonic = Callable[[], float]


class TokenBucket:
    """A steady rate with room for a short burst.

    Not thread-safe: one bucket belongs to one socket and is asked on the event loop.
    """

    def __init__(self, rate_per_s: float, burst: float, monotonic: Monotonic) -> None:
        if rate_per_s <= 0 or burst < 1:
            raise ValueError(f"TokenBucket: expected rate > 0 and burst >= 1, got {rate_per_s} and {burst}")
        self._rate = rate_per_s
        self._burst = burst
        self._monotonic = monotonic
        self._tokens = burst
        self._at = monotonic()

    def take(self) -> bool:
        """Spend one token; False when there is none."""
        now = self._monotonic()
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
