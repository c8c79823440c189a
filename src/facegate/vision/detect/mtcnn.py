"""MTCNN: three small networks, each looking closer at what the one before let through.

Zhang, Zhang, Li, Qiao, "Joint Face Detection and Alignment using Multi-task Cascaded Convolutional Networks" (2016).
The arithmetic between the networks follows the Python package mtcnn 1.0.0, whose weights these are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facegate.errors import ImageTooLarge
from facegate.models.catalog import spec_of
from facegate.models.runtime import Network
from facegate.types import Detections, Float32, Frame, UInt8
from facegate.vision.detect.boxes import areas, best_first, shifted, squares, unsuppressed
from facegate.vision.detect.crops import MAX_SIDE_PX, crop_resize
from facegate.vision.detect.pyramid import pyramid, pyramid_scales

# P-Net sees a face in a window of 12 pixels and moves it by 2 (architecture of the network).
_CELL_PX, _STRIDE_PX = 12, 2
# P-Net runs on strips of about so many pixels, which bounds its memory; larger ones are no faster.
_STRIP_PIXELS = 32_768
# But not on thinner strips, most of which would be overlap.
_STRIP_ROWS = 64
# R-Net and O-Net run on at most so many crops at a time, which bounds memory (25 MB each).
_REFINEMENT_BATCH, _OUTPUT_BATCH = 256, 64


@dataclass(frozen=True, slots=True)
class MtcnnOptions:
    """Settings of the cascade; the defaults, but for `min_face_px`, are those of the mtcnn package.

    Attributes:
        min_face_px: smallest face looked for, source pixels, at least 12; cost grows with its inverse square.
        scale_factor: between one level of the pyramid and the next, in (0, 1).
        thresholds: scores that P-Net, R-Net and O-Net must exceed.
        max_candidates: most windows that P-Net hands on, the best; bounds the time of a picture full of texture.
    """

    min_face_px: int = 40
    scale_factor: float = 0.709
    thresholds: tuple[float, float, float] = (0.6, 0.7, 0.8)
    max_candidates: int = 4096

    def __post_init__(self) -> None:
        if self.min_face_px < _CELL_PX:
            raise ValueError(f"MtcnnOptions.min_face_px: at least {_CELL_PX}, got {self.min_face_px}")
        if not 0 < self.scale_factor < 1:
            raise ValueError(f"MtcnnOptions.scale_factor: between 0 and 1, got {self.scale_factor}")
        if not all(0 < each < 1 for each in self.thresholds):
            raise ValueError(f"MtcnnOptions.thresholds: between 0 and 1, got {self.thresholds}")
        if self.max_candidates < 1:
            raise ValueError(f"MtcnnOptions.max_candidates: at least 1, got {self.max_candidates}")


@dataclass(frozen=True, slots=True)
class MtcnnNetworks:
    """The three networks of the cascade."""

    proposal: Network
    refinement: Network
    output: Network

    @classmethod
    def open(cls, *, model_dir: Path | None = None) -> "MtcnnNetworks":
        """Load them.

        Raises:
            ModelFileChanged: a file is missing or not what the catalogue says.
        """
        names = ("mtcnn-pnet", "mtcnn-rnet", "mtcnn-onet")
        return cls(*(Network.open(spec_of(name), model_dir=model_dir) for name in names))


class MtcnnDetector:
    """The cascade; holds no state between calls, so threads may share it."""

    name = "mtcnn"

    def __init__(self, networks: MtcnnNetworks, options: MtcnnOptions | None = None) -> None:
        self._networks = networks
        self.options = options or MtcnnOptions()

    def detect(self, frame: Frame, *, min_face_px: int | None = None, max_faces: int | None = None) -> Detections:
        """Find the faces of a frame; see :meth:`facegate.vision.detect.base.Detector.detect`.

        Raises:
            ImageTooLarge: a side exceeds 32,766 pixels.
            ValueError: `min_face_px` is under 12.
        """
        _check_size(frame)
        smallest = self.options.min_face_px if min_face_px is None else min_face_px
        if smallest < _CELL_PX:
            raise ValueError(f"min_face_px: at least {_CELL_PX}, got {smallest}")
        boxes = self._propose(frame.pixels, smallest)
        boxes = self._filter(frame.pixels, boxes)
        found = self._finish(frame.pixels, boxes)
        largest = np.argsort(-areas(found.boxes), kind="stable")
        return found.take(largest[:max_faces])

    def refine(self, frame: Frame, boxes: Float32) -> Detections:
        """O-Net alone on known places; see :meth:`facegate.vision.detect.base.Detector.refine`.

        Raises:
            ImageTooLarge: a side exceeds 32,766 pixels.
        """
        _check_size(frame)
        return self._output(frame.pixels, squares(boxes))

    def _propose(self, pixels: UInt8, min_face_px: int) -> Float32:
        """P-Net over the pyramid: float32 (n, 4) squares, best first."""
        height, width = pixels.shape[:2]
        scales = pyramid_scales(
            height, width, min_face_px=min_face_px, factor=self.options.scale_factor, cell_px=_CELL_PX
        )
        boxes: list[Float32] = [np.zeros((0, 4), np.float32)]
        scores: list[Float32] = [np.zeros(0, np.float32)]
        for scale, level in zip(scales, pyramid(pixels, scales), strict=True):
            level_boxes, level_scores = self._propose_level(level)
            order = best_first(level_scores)[: self.options.max_candidates]
            level_boxes, level_scores = level_boxes[order], level_scores[order]
            kept = unsuppressed(level_boxes, 0.5)
            boxes.append(level_boxes[kept] / np.float32(scale))
            scores.append(level_scores[kept])
        every_box, every_score = np.concatenate(boxes), np.concatenate(scores)
        every_box = every_box[best_first(every_score)[: self.options.max_candidates]]
        return squares(every_box[unsuppressed(every_box, 0.7)])

    def _propose_level(self, level: UInt8 | Float32) -> tuple[Float32, Float32]:
        """P-Net over one level: boxes in the level's pixels, and scores."""
        boxes: list[Float32] = []
        scores: list[Float32] = []
        for first_row, strip in _strips(level):
            score, offsets = self._networks.proposal(strip[None].astype(np.float32, copy=False))
            rows, columns = np.nonzero(score[0, 0] > self.options.thresholds[0])
            corners = (np.stack([columns, rows + first_row], axis=1) * _STRIDE_PX).astype(np.float32)
            offset = offsets[0][:, rows, columns].T * (_CELL_PX - 1)
            # The package's windows begin one pixel in, so their sides are 11.
            windows = np.concatenate([corners + 1, corners + _CELL_PX], axis=1)
            boxes.append(windows + offset)
            scores.append(score[0, 0, rows, columns])
        return np.concatenate(boxes), np.concatenate(scores)

    def _filter(self, pixels: UInt8, boxes: Float32) -> Float32:
        """R-Net: float32 (n, 4) squares, best first."""
        answers = [
            self._networks.refinement(crop_resize(pixels, boxes[part], 24))
            for part in _batches(len(boxes), _REFINEMENT_BATCH)
        ]
        if not answers:
            return boxes
        scores = np.concatenate([score[:, 0] for score, _ in answers])
        offsets = np.concatenate([offset for _, offset in answers])
        chosen = np.flatnonzero(scores > self.options.thresholds[1])
        chosen = chosen[best_first(scores[chosen])]
        boxes = shifted(boxes[chosen], offsets[chosen])
        return squares(boxes[unsuppressed(boxes, 0.7)])

    def _finish(self, pixels: UInt8, boxes: Float32) -> Detections:
        """O-Net, its threshold and its suppression."""
        found = self._output(pixels, boxes)
        chosen = np.flatnonzero(found.scores > self.options.thresholds[2])
        found = found.take(chosen[best_first(found.scores[chosen])])
        return found.take(unsuppressed(found.boxes, 0.7, "smaller"))

    def _output(self, pixels: UInt8, boxes: Float32) -> Detections:
        """O-Net's answer for each square, in their order."""
        answers = [
            self._networks.output(crop_resize(pixels, boxes[part], 48)) for part in _batches(len(boxes), _OUTPUT_BATCH)
        ]
        if not answers:
            return Detections.empty()
        scores = np.concatenate([score[:, 0] for score, _, _ in answers])
        offsets = np.concatenate([offset for _, offset, _ in answers])
        relative = np.concatenate([points for _, _, points in answers])
        # Five x and then five y in units of the sides; the - 1 is the package's.
        sides = boxes[:, None, 2:] - boxes[:, None, :2] + 1
        landmarks = relative.reshape(-1, 2, 5).transpose(0, 2, 1) * sides + boxes[:, None, :2] - 1
        return Detections(shifted(boxes, offsets), scores, np.ascontiguousarray(landmarks))


def _strips(level: UInt8 | Float32) -> Iterator[tuple[int, UInt8 | Float32]]:
    """Cut a level into overlapping strips that together give P-Net's whole answer.

    Yields:
        The strip's first row in P-Net's map, and its pixels.
    """
    height, width = level.shape[:2]
    overlap = _CELL_PX - _STRIDE_PX
    rows = max(_STRIP_ROWS, _STRIP_PIXELS // width)
    body = (rows - overlap) // _STRIDE_PX * _STRIDE_PX
    for top in range(0, max(1, height - overlap), body):
        yield top // _STRIDE_PX, level[top : top + body + overlap]


def _batches(n: int, size: int) -> Iterator[slice]:
    for start in range(0, n, size):
        yield slice(start, start + size)


def _check_size(frame: Frame) -> None:
    if max(frame.width, frame.height) > MAX_SIDE_PX:
        raise ImageTooLarge(
            f"The picture is {frame.width} x {frame.height} pixels; faces are looked for up to {MAX_SIDE_PX} pixels a "
            "side. Scale it down first.",
            details={"width": frame.width, "height": frame.height, "max_side_px": MAX_SIDE_PX},
        )
