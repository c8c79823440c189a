"""Reader of dlib's serialization format (dlib/serialize.h, Boost licence): packed integers, reals, strings, tensors."""

import math
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

# A real whose exponent is this or more is dlib's code for an infinity or not-a-number; weights hold none.
_SPECIAL_EXPONENT = 32000


class UnexpectedStream(ValueError):
    """The bytes are not what the format, or the network it should hold, demands."""


class DlibStream:
    """A cursor over the bytes of one dlib file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def integer(self) -> int:
        """One packed integer: a control byte (number of bytes, 0x80 for negative), then little-endian bytes."""
        control = self._take(1)[0]
        length = control & 0x0F
        if not 1 <= length <= 8 or control & 0x70:
            self._refuse(f"0x{control:02x} is not the control byte of an integer")
        magnitude = int.from_bytes(self._take(length), "little")
        return -magnitude if control & 0x80 else magnitude

    def real(self) -> float:
        """One real number, stored as mantissa and binary exponent; exact in float64."""
        mantissa, exponent = self.integer(), self.integer()
        if exponent >= _SPECIAL_EXPONENT:
            self._refuse("a number that is not finite")
        return math.ldexp(mantissa, exponent)

    def boolean(self) -> bool:
        """One truth value, stored as the character 1 or 0."""
        character = self._take(1)
        if character not in (b"0", b"1"):
            self._refuse(f"{character!r} is not a truth value")
        return character == b"1"

    def text(self) -> str:
        """One string: its length, then its bytes."""
        return self._take(self.integer()).decode("ascii", errors="replace")

    def tensor(self) -> NDArray[np.float32]:
        """One tensor, float32 (n, k, rows, columns): format version 2, four sizes, raw little-endian numbers."""
        self.expect_integer(2, "tensor version")
        shape = tuple(self.integer() for _ in range(4))
        count = math.prod(shape)
        return np.frombuffer(self._take(4 * count), dtype="<f4").reshape(shape).astype(np.float32)

    def column(self) -> list[float]:
        """One matrix of a single column: its sizes as negative integers, then its reals."""
        rows, columns = -self.integer(), -self.integer()
        if columns != 1 or rows < 1:
            self._refuse(f"a matrix of {rows} x {columns} where a column is due")
        return [self.real() for _ in range(rows)]

    def raw_points(self, count: int) -> list[tuple[float, float]]:
        """`count` points of two reals each."""
        return [(self.real(), self.real()) for _ in range(count)]

    def expect_integer(self, wanted: int, what: str) -> None:
        """Read an integer that must be `wanted`.

        Raises:
            UnexpectedStream: it is another.
        """
        found = self.integer()
        if found != wanted:
            self._refuse(f"{what} is {found}, expected {wanted}")

    def expect_text(self, wanted: str) -> None:
        """Read a string that must be `wanted`.

        Raises:
            UnexpectedStream: it is another.
        """
        found = self.text()
        if found != wanted:
            self._refuse(f"found {found!r}, expected {wanted!r}")

    def expect_end(self) -> None:
        """Check that every byte was read.

        Raises:
            UnexpectedStream: some are left.
        """
        if self._at != len(self._data):
            self._refuse(f"{len(self._data) - self._at} bytes are left over")

    def _take(self, count: int) -> bytes:
        if count < 0 or self._at + count > len(self._data):
            self._refuse(f"{count} bytes are due and the file ends")
        part = self._data[self._at : self._at + count]
        self._at += count
        return part

    def _refuse(self, why: str) -> NoReturn:
        raise UnexpectedStream(f"dlib stream, byte {self._at}: {why}")
