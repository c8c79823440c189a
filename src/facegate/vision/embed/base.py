"""What every embedder can do."""

from typing import Protocol

from facegate.types import Float32, UInt8
from facegate.vision.recipe import Recipe


class Embedder(Protocol):
    """Turns chips into embeddings. Threads may share one."""

    @property
    def recipe(self) -> Recipe:
        """What its embeddings may be compared with."""
        ...

    def embed(self, chips: UInt8, mirror: bool = True) -> Float32:
        """Embed aligned faces.

        Args:
            chips: uint8 (n, 150, 150, 3) RGB.
            mirror: average with the mirror image's embedding; without it the vectors are not those of the recipe and
                serve comparisons with other implementations.

        Returns:
            float32 (n, d), unit length.

        Raises:
            ValueError: `chips` has another dtype or shape.
        """
        ...
