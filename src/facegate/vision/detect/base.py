"""What every face detector can do."""

from typing import Protocol

from facegate.types import Detections, Float32, Frame


class Detector(Protocol):
    """Finds faces. One detector may be shared by any number of threads."""

    @property
    def name(self) -> str:
        """How it is called in a preset."""
        ...

    def detect(self, frame: Frame, *, min_face_px: int | None = None, max_faces: int | None = None) -> Detections:
        """Find the faces of a frame.

        Args:
            frame: the picture.
            min_face_px: smallest side of a face box that is looked for (a somewhat smaller face may still turn up);
                None: the detector's own setting.
            max_faces: keep only so many, the largest; None: all.

        Returns:
            The faces, largest box first.
        """
        ...

    def refine(self, frame: Frame, boxes: Float32) -> Detections:
        """Look again at places where faces were a moment ago.

        Args:
            frame: the picture.
            boxes: float32 (n, 4), xyxy, source pixels.

        Returns:
            n detections in the order of `boxes`; a low score where there is no face any more.
        """
        ...
