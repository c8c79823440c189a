"""Faces marked on a picture: shape, word and colour, readable on any background and in any script.

The grammar is that of the page: matched is a green frame of solid, rounded corner brackets; unknown an amber dashed
frame; pending a thin grey frame; poor (too far, too blurred to name) four dotted corners. Every line has a dark rim.
A label is white on a dark plate above the box; below it at the top edge; inside the picture always.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from facegate.imaging.opencv import cv2
from facegate.imaging.text import Typesetter, shorten
from facegate.types import Float32, Frame, UInt8

OverlayStatus = Literal["matched", "unknown", "pending", "poor"]

LABEL_CHARACTERS = 24
_TEXT_PX = 14
# A picture is assumed to be looked at this wide; larger ones get larger lines and letters.
_SHOWN_PX = 960
_COLOURS = {
    "matched": (61, 220, 132),
    "unknown": (255, 176, 32),
    "pending": (205, 210, 215),
    "poor": (205, 210, 215),
}
_THICKNESS = {"matched": 3, "unknown": 3, "pending": 2, "poor": 3}
_RIM = (16, 16, 16)
_PLATE_OPACITY = 0.75
_CACHED_LABELS = 256
# cv2's fixed-point coordinates: 4 binary places.
_SHIFT = 4

Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Overlay:
    """One face to mark.

    Attributes:
        box: float32 (4,), xyxy, source pixels; may reach past the edges.
        status: decides shape and colour.
        label: the word at the box, None for none; cut after 24 characters.
    """

    box: Float32
    status: OverlayStatus
    label: str | None = None

    def __post_init__(self) -> None:
        if self.box.shape != (4,) or not np.isfinite(self.box).all():
            raise ValueError(f"Overlay.box: expected four finite numbers, got {self.box}")
        if self.status not in _COLOURS:
            raise ValueError(f"Overlay.status: expected one of {', '.join(_COLOURS)}, got {self.status!r}")


@dataclass(frozen=True, eq=False, slots=True)
class _Label:
    """A drawn label: `shade` uint16 (h, w, 1) is what is left of the picture in 256ths, `ink` uint16 what is added."""

    shade: NDArray[np.uint16]
    ink: NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class _Rectangle:
    left: int
    top: int
    right: int
    bottom: int

    def overlaps(self, other: "_Rectangle") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


class Painter:
    """Draws overlays; keeps fonts open and the labels it last drew. May be used from several threads."""

    def __init__(self, typesetter: Typesetter | None = None) -> None:
        self._typesetter = typesetter or Typesetter()
        self._labels: OrderedDict[tuple[str, int], _Label] = OrderedDict()
        self._lock = Lock()

    def draw(self, frame: Frame, overlays: Sequence[Overlay], *, mirrored: bool = False) -> Frame:
        """A new picture with the overlays on it.

        Args:
            frame: left as it is.
            overlays: drawn in this order, labels last.
            mirrored: turn the picture left to right, as a mirror shows it; labels stay readable.
        """
        pixels = cast("UInt8", cv2.flip(frame.pixels, 1)) if mirrored else frame.pixels.copy()
        scale = max(1.0, max(frame.width, frame.height) / _SHOWN_PX)
        boxes = [_box_on(overlay.box, frame, mirrored) for overlay in overlays]
        for overlay, box in zip(overlays, boxes, strict=True):
            if box is not None:
                _draw_frame(pixels, box, overlay.status, scale)
        taken: list[_Rectangle] = []
        for overlay, box in zip(overlays, boxes, strict=True):
            if box is not None and overlay.label:
                label = self._label(overlay.label, round(_TEXT_PX * scale))
                place = _place(label.shade.shape[1], label.shade.shape[0], box, frame, scale, taken)
                taken.append(place)
                _blend(pixels, label, place)
        return Frame(pixels)

    def _label(self, text: str, size_px: int) -> _Label:
        key = (text, size_px)
        with self._lock:
            label = self._labels.get(key)
            if label is not None:
                self._labels.move_to_end(key)
                return label
        label = _make_label(self._typesetter.draw(shorten(text, LABEL_CHARACTERS), size_px), size_px)
        with self._lock:
            self._labels[key] = label
            while len(self._labels) > _CACHED_LABELS:
                self._labels.popitem(last=False)
        return label


def draw_overlays(
    frame: Frame, overlays: Sequence[Overlay], *, mirrored: bool = False, painter: Painter | None = None
) -> Frame:
    """:meth:`Painter.draw`, with a painter made for the occasion when none is given (about 15 ms)."""
    return (painter or Painter()).draw(frame, overlays, mirrored=mirrored)


def _box_on(box: Float32, frame: Frame, mirrored: bool) -> Points | None:
    """The part of the box that lies on the picture, or None when less than two pixels do."""
    left, top, right, bottom = (float(v) for v in box)
    if mirrored:
        left, right = frame.width - 1 - right, frame.width - 1 - left
    corners = np.array([left, top, right, bottom])
    inside = np.clip(corners, 2, [frame.width - 3, frame.height - 3, frame.width - 3, frame.height - 3])
    return inside if inside[2] - inside[0] >= 2 and inside[3] - inside[1] >= 2 else None


def _draw_frame(pixels: UInt8, box: Points, status: OverlayStatus, scale: float) -> None:
    thickness = max(1, round(_THICKNESS[status] * scale))
    match status:
        case "matched":
            lines, closed = _brackets(box, 8 * scale), False
        case "unknown":
            lines, closed = _dashes(box, 10 * scale, 8 * scale), False
        case "pending":
            lines, closed = [_rectangle(box)], True
        case "poor":
            lines, closed = _dots(box, 7 * scale), False
    fixed = [np.round(line * (1 << _SHIFT)).astype(np.int32) for line in lines]
    rim = thickness + 2 * max(1, round(scale))
    for colour, width in ((_RIM, rim), (_COLOURS[status], thickness)):
        cv2.polylines(pixels, fixed, closed, colour, width, cv2.LINE_AA, _SHIFT)


def _rectangle(box: Points) -> Points:
    left, top, right, bottom = box
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _corners(box: Points) -> list[tuple[Points, Points, Points, float]]:
    """Each corner with the unit directions of its two sides and how far they may be followed."""
    points = _rectangle(box)
    reach = 0.28 * float(min(box[2] - box[0], box[3] - box[1]))
    result: list[tuple[Points, Points, Points, float]] = []
    for i in range(4):
        along, back = points[(i + 1) % 4] - points[i], points[i - 1] - points[i]
        result.append((points[i], along / np.linalg.norm(along), back / np.linalg.norm(back), reach))
    return result


def _brackets(box: Points, radius: float) -> list[Points]:
    """Four open brackets with rounded corners."""
    turn = np.linspace(0, np.pi / 2, 7)
    lines: list[Points] = []
    for corner, along, back, reach in _corners(box):
        r = min(radius, reach / 2)
        centre = corner + r * (along + back)
        arc = centre - r * (np.outer(np.sin(turn), back) + np.outer(np.cos(turn), along))
        lines.append(np.concatenate([[corner + reach * back], arc, [corner + reach * along]]))
    return lines


def _dashes(box: Points, dash: float, gap: float) -> list[Points]:
    """The whole outline as dashes; every side begins and ends with one, so that corners stay corners."""
    points = _rectangle(box)
    share = dash / (dash + gap)
    lines: list[Points] = []
    for start, end in zip(points, np.roll(points, -1, axis=0), strict=True):
        count = max(2, round((float(np.linalg.norm(end - start)) + gap) / (dash + gap)))
        period = (end - start) / (count - 1 + share)
        lines += [np.array([start + i * period, start + (i + share) * period]) for i in range(count)]
    return lines


def _dots(box: Points, spacing: float) -> list[Points]:
    """Dots along both sides of every corner."""
    lines: list[Points] = []
    for corner, along, back, reach in _corners(box):
        steps = np.arange(0, max(reach, spacing) + 0.1, spacing)
        for direction in (along, back):
            lines += [np.array([point, point]) for point in corner + np.outer(steps, direction)]
    return lines


def _make_label(ink: UInt8, size_px: int) -> _Label:
    """Put a line of text on a plate with rounded corners."""
    pad_x, pad_y, radius = round(size_px * 0.45), round(size_px * 0.12), max(2, round(size_px * 0.3))
    height, width = ink.shape[0] + 2 * pad_y, ink.shape[1] + 2 * pad_x
    plate = np.zeros((height, width), np.uint8)
    cv2.rectangle(plate, (radius, 0), (width - 1 - radius, height - 1), 255, cv2.FILLED)
    cv2.rectangle(plate, (0, radius), (width - 1, height - 1 - radius), 255, cv2.FILLED)
    for x in (radius, width - 1 - radius):
        for y in (radius, height - 1 - radius):
            cv2.circle(plate, (x, y), radius, 255, cv2.FILLED, cv2.LINE_AA)
    letters = np.zeros((height, width), np.uint16)
    letters[pad_y : pad_y + ink.shape[0], pad_x : pad_x + ink.shape[1]] = ink
    behind = 256 - plate.astype(np.uint16) * _PLATE_OPACITY * 256 / 255
    shade = (behind * (255 - letters) / 255).astype(np.uint16)
    return _Label(shade[:, :, None], letters[:, :, None])


def _place(width: int, height: int, box: Points, frame: Frame, scale: float, taken: Sequence[_Rectangle]) -> _Rectangle:
    """Above the box, else below it; moved sideways off other labels where that is possible; inside the picture."""
    gap = round(5 * scale)
    middle = (box[0] + box[2]) / 2
    above, below = round(box[1]) - gap - height, round(box[3]) + gap
    rows = [above, below] if above >= 0 else [below, above]

    def at(left: float, top: float) -> _Rectangle:
        x = int(min(max(0, round(left)), max(0, frame.width - width)))
        y = int(min(max(0, round(top)), max(0, frame.height - height)))
        return _Rectangle(x, y, x + width, y + height)

    first = at(middle - width / 2, rows[0])
    candidates = [first]
    for blocker in taken:
        if blocker.overlaps(first):
            candidates += [at(blocker.left - width - 2, rows[0]), at(blocker.right + 2, rows[0])]
    candidates.append(at(middle - width / 2, rows[1]))
    free = [c for c in candidates if not any(c.overlaps(other) for other in taken)]
    return min(free, key=lambda c: abs(c.left + width / 2 - middle) + (c.top != first.top) * width, default=first)


def _blend(pixels: UInt8, label: _Label, place: _Rectangle) -> None:
    """Lay the label on the picture; what does not fit is cut off."""
    bottom, right = min(place.bottom, pixels.shape[0]), min(place.right, pixels.shape[1])
    region = pixels[place.top : bottom, place.left : right]
    rows, columns = region.shape[:2]
    mixed = (region * label.shade[:rows, :columns] >> 8) + label.ink[:rows, :columns]
    np.minimum(mixed, 255, out=mixed)
    region[:] = mixed
