"""Video files as frames: upright, in square pixels, with the time each is shown at."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import cast

from facegate.errors import ImageTooLarge, InvalidImage, NotFound, UnsupportedMediaType
from facegate.imaging.decode import ImageLimits
from facegate.imaging.opencv import cv2
from facegate.imaging.sniff import foreign_kind, image_kind
from facegate.types import Frame, UInt8

VIDEO_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".ogv", ".y4m"})
_HEAD_BYTES = 1024
# Less than this may lack at the end of a whole file: headers round, and the last frame's own time is not in its stamp.
_TRUNCATED_MS = 500


@dataclass(frozen=True, eq=False, slots=True)
class VideoFrame:
    """One picture of a video.

    Attributes:
        index: 0 for the first frame of the file, counting those that were skipped.
        time_ms: when it is shown, from the start of the video.
        frame: the picture.
    """

    index: int
    time_ms: float
    frame: Frame


def is_video(path: Path | str) -> bool:
    """Whether `path` should be opened as a video: by its content, or by its ending when the content says nothing."""
    path = Path(path)
    head = b""
    if path.is_file():
        try:
            with path.open("rb") as file:
                head = file.read(_HEAD_BYTES)
        except OSError:
            return path.suffix.lower() in VIDEO_SUFFIXES
    if image_kind(head) is not None:
        return False
    return foreign_kind(head).video or (not head and path.suffix.lower() in VIDEO_SUFFIXES)


class VideoReader:
    """An open video; iterate it once, and close it (or use it in a ``with`` statement). See :func:`open_video`.

    Attributes:
        fps: nominal frames per second.
        frame_count: frames in the file as its header says, 0 when it does not.
        width: of the frames given, px.
        height: of the frames given, px.
    """

    def __init__(self, capture: cv2.VideoCapture, name: str, every: int) -> None:
        self._capture = capture
        self._name = name
        self._every = every
        self._index = -1
        self._last_ms = 0.0
        self._ended = False
        self.fps = capture.get(cv2.CAP_PROP_FPS)
        self.frame_count = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self.width, self.height = _square_size(capture)

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; safe to call again."""
        self._capture.release()

    def __iter__(self) -> Iterator[VideoFrame]:
        """Every `every`-th frame; the others are decoded but not converted.

        Raises:
            InvalidImage: not a single picture can be decoded.
        """
        while self._capture.grab():
            self._index += 1
            time_ms = self._capture.get(cv2.CAP_PROP_POS_MSEC)
            if time_ms <= 0 < self._index and self.fps > 0:
                time_ms = 1000 * self._index / self.fps
            self._last_ms = max(0.0, time_ms)
            if self._index % self._every:
                continue
            pixels = self._picture()
            if pixels is not None:
                yield VideoFrame(self._index, self._last_ms, Frame(pixels))
        self._ended = True
        if self._index < 0:
            raise InvalidImage(
                f"{self._name} has no picture that can be decoded: it is damaged, or of a codec that is not here. "
                "Convert it to H.264 in MP4.",
                details={"video": self._name},
            )

    @property
    def duration_ms(self) -> float:
        """How long the file's header says it is, 0 when it does not."""
        return 1000 * self.frame_count / self.fps if self.fps > 0 else 0.0

    @property
    def truncated(self) -> bool:
        """Whether the frames ended well before the header's duration; known once all were read."""
        missing_ms = self.duration_ms - self._last_ms
        return self._ended and self._index + 1 < self.frame_count and missing_ms > _TRUNCATED_MS

    def _picture(self) -> UInt8 | None:
        done, bgr = self._capture.retrieve()
        if not done:
            return None
        pixels = cast("UInt8", cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
        if pixels.shape[:2] != (self.height, self.width):
            pixels = cast("UInt8", cv2.resize(pixels, (self.width, self.height), interpolation=cv2.INTER_LINEAR))
        return pixels


def open_video(path: Path | str, *, every: int = 1, limits: ImageLimits | None = None) -> VideoReader:
    """Open a video file.

    The camera's rotation is undone, and pixels that are shown wider or narrower than high are stretched to squares,
    because every measure of a face takes them as such.

    Args:
        path: a file; never an address.
        every: give only every n-th frame.
        limits: size limits of a single picture; the byte limit is for images and not applied.

    Raises:
        NotFound: there is no such file.
        UnsupportedMediaType: it is not a video.
        InvalidImage: it is empty or damaged.
        ImageTooLarge: its pictures are over a limit.
    """
    if every < 1:
        raise ValueError(f"open_video.every: expected at least 1, got {every}")
    limits = limits or ImageLimits()
    path = Path(path)
    name = path.name or str(path)
    details = {"video": name}
    if not path.is_file():
        raise NotFound(f"There is no file {name}. Check the name.", details=details)
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise InvalidImage(
            f"{name} could not be read: {error.strerror}. Check its permissions.", details=details
        ) from None
    if not head:
        raise InvalidImage(f"{name} is empty (0 bytes). Copy it again.", details=details)
    # FFmpeg would also follow playlists to other files and hosts: only real containers reach it.
    if image_kind(head) is not None or not foreign_kind(head).video:
        noun = "a still picture" if image_kind(head) else foreign_kind(head).noun
        raise UnsupportedMediaType(
            f"{name} is {noun}, not a video. Give an MP4, MOV, MKV, WebM or AVI file.", details=details
        )
    capture = cv2.VideoCapture(str(path.resolve()), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise InvalidImage(
            f"{name} could not be opened as a video: it is cut short or damaged. Copy it again.", details=details
        )
    reader = VideoReader(capture, name, every)
    if max(reader.width, reader.height) > limits.max_side_px or reader.width * reader.height > limits.max_pixels:
        reader.close()
        raise ImageTooLarge(
            f"The pictures of {name} are {reader.width}x{reader.height} px; at most {limits.max_side_px} px a side and "
            f"{limits.max_pixels / 1e6:g} megapixels are read. Scale it down.",
            details=details,
        )
    return reader


def _square_size(capture: cv2.VideoCapture) -> tuple[int, int]:
    """Width and height at which the pictures have square pixels: width stretched, height kept, as players do."""
    width, height = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    across, down = capture.get(cv2.CAP_PROP_SAR_NUM), capture.get(cv2.CAP_PROP_SAR_DEN)
    # OpenCV reports 0:1 for unknown. Beyond 4:1 it is a damaged header.
    if across > 0 and down > 0 and 0.25 <= across / down <= 4:
        turned = round(capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 180 == 90
        if turned:
            height *= across / down
        else:
            width *= across / down
    return max(1, round(width)), max(1, round(height))
