"""Frames to a video file."""

from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from facegate.errors import StorageError
from facegate.imaging.opencv import cv2
from facegate.types import Frame

# MPEG-4 part 2: the one codec of OpenCV's wheels that is fast (3 ms for a 640x360 frame on one core, where VP8 takes
# 39 and VP9 259) and that players open everywhere; browsers do not show it.
_CODEC = "mp4v"


class VideoWriter(AbstractContextManager["VideoWriter"]):
    """Writes an MP4 file without sound; it appears under its name when it is complete.

    Use it in a ``with`` statement: an exception inside leaves no file.
    """

    def __init__(self, path: Path | str, *, width: int, height: int, fps: float) -> None:
        """Begin a file.

        Args:
            path: ends in .mp4; its folder is there.
            width: of every frame, px; an odd one loses its last column, because colour is stored for pairs.
            height: of every frame, px; likewise.
            fps: frames shown per second, above 0.

        Raises:
            StorageError: the file cannot be made.
        """
        self._path = Path(path)
        self._unfinished = self._path.with_name(f".{self._path.stem}.unfinished.mp4")
        self._size = (width, height)
        self._writer = cv2.VideoWriter(
            str(self._unfinished), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*_CODEC), fps, self._size
        )
        if not self._writer.isOpened():
            raise StorageError(
                f"The video {self._path} could not be made. Check that its folder exists and can be written.",
                details={"file": str(self._path)},
            )

    def write(self, frame: Frame) -> None:
        """Add one frame of the size given at the start.

        Raises:
            ValueError: it has another size.
        """
        if (frame.width, frame.height) != self._size:
            raise ValueError(f"VideoWriter: expected {self._size}, got {(frame.width, frame.height)}")
        self._writer.write(cv2.cvtColor(frame.pixels, cv2.COLOR_RGB2BGR))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.release()
        if kind is None:
            self._unfinished.replace(self._path)
        else:
            self._unfinished.unlink(missing_ok=True)
