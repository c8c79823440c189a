"""What the live rooms need from the rest of the server."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from facegate.accounts.access import Access
from facegate.config import Settings
from facegate.gallery.gallery import Gallery
from facegate.imaging.decode import ImageLimits, decode_image
from facegate.imaging.draw import Painter
from facegate.live.limits import Monotonic
from facegate.live.pool import InferencePool
from facegate.matching.table import CalibrationTable
from facegate.types import Frame
from facegate.vision.engine import FaceEngine

# A 4K frame; cameras that send more cost every viewer time and name nobody better.
LIVE_PIXELS = 3840 * 2160


@dataclass(frozen=True, slots=True)
class LiveServices:
    """Handed in by the composition root.

    Attributes:
        settings: of the server.
        access: sessions and tickets.
        engine: sees faces.
        gallery: who is known.
        table: what similarities mean.
        painter: draws for clients that cannot.
        pool: where all of this is done.
        clock: seconds since the epoch.
        monotonic: seconds that never go back.
    """

    settings: Settings
    access: Access
    engine: FaceEngine
    gallery: Gallery
    table: CalibrationTable
    painter: Painter
    pool: InferencePool
    clock: Callable[[], float]
    monotonic: Monotonic

    def decode(self, picture: bytes) -> Frame:
        """One frame of a viewer.

        Raises:
            InputError: not a readable still picture within the limits.
        """
        settings = self.settings
        limits = ImageLimits(
            max_bytes=settings.max_message_bytes,
            max_pixels=min(settings.max_image_pixels, LIVE_PIXELS),
            max_side_px=settings.max_image_side_px,
        )
        return decode_image(picture, limits=limits, name="frame")

    def now(self) -> datetime:
        """The time, aware, UTC."""
        return datetime.fromtimestamp(self.clock(), UTC)
