"""Bringing every face to the same place, size and angle before it is embedded."""

from typing import Protocol

import numpy as np

from facegate.imaging.geometry import similarity_transforms, warp
from facegate.types import Float32, Frame, UInt8

CHIP_PX = 150
"""Side of a chip, the input of dlib's face network."""


class Aligner(Protocol):
    """Cuts faces out as chips. Threads may share one."""

    @property
    def name(self) -> str:
        """Part of the recipe: another name for every other way to align."""
        ...

    def align(self, frame: Frame, landmarks: Float32) -> UInt8:
        """Cut out faces.

        Args:
            frame: the picture.
            landmarks: float32 (n, 5, 2), as in :class:`facegate.types.Detections`.

        Returns:
            uint8 (n, 150, 150, 3) RGB.
        """
        ...


class FivePointAligner:
    """The similarity transform that brings five landmarks closest to where MTCNN's lie in dlib's own chips.

    Chosen over dlib's 5-point predictor by measurement: docs/decisions/001-alignment.md.
    """

    name = "mtcnn-points-150"

    #: Mean places of MTCNN's landmarks in dlib's face chips of 150 px and padding 0.25, measured on LFW.
    TEMPLATE = ((48.4, 45.8), (101.4, 45.6), (73.4, 78.8), (51.4, 105.3), (98.6, 105.7))

    def align(self, frame: Frame, landmarks: Float32) -> UInt8:
        """See :meth:`Aligner.align`."""
        chips = np.empty((len(landmarks), CHIP_PX, CHIP_PX, 3), np.uint8)
        matrices = similarity_transforms(landmarks, np.array(self.TEMPLATE))
        for chip, matrix in zip(chips, matrices, strict=True):
            chip[:] = warp(frame, matrix, CHIP_PX)
        return chips
