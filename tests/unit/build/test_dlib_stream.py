"""The reader of dlib's format, against a writer made from its description."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from build_hooks.dlib_stream import DlibStream, UnexpectedStream

SIXTY_FOUR_BITS = st.integers(-(2**63) + 1, 2**63 - 1)


def packed(value: int) -> bytes:
    length = max(1, (abs(value).bit_length() + 7) // 8)
    return bytes([length | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(length, "little")


def packed_real(value: float) -> bytes:
    mantissa, exponent = np.frexp(value)
    return packed(int(mantissa * 2**24)) + packed(int(exponent) - 24)


@given(st.lists(SIXTY_FOUR_BITS))
def test_integers_come_back(values) -> None:
    stream = DlibStream(b"".join(map(packed, values)))

    assert [stream.integer() for _ in values] == values
    stream.expect_end()


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_reals_of_single_precision_come_back(value) -> None:
    assert DlibStream(packed_real(value)).real() == value


def test_a_tensor_comes_back() -> None:
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4, 1)
    data = b"".join(map(packed, (2, *array.shape))) + array.astype("<f4").tobytes()
    stream = DlibStream(data + b"1")

    np.testing.assert_array_equal(stream.tensor(), array)
    assert stream.boolean() is True


def test_a_column_comes_back() -> None:
    stream = DlibStream(packed(-2) + packed(-1) + packed_real(0.5) + packed_real(-3.0))
    assert stream.column() == [0.5, -3.0]


@pytest.mark.parametrize(
    ("read", "data", "why"),
    [
        (DlibStream.integer, b"", "the file ends"),
        (DlibStream.integer, b"\x09" + bytes(9), "control byte"),
        (DlibStream.integer, b"\x00", "control byte"),
        (DlibStream.integer, b"\x04\x01", "the file ends"),
        (DlibStream.real, packed(1) + packed(32000), "not finite"),
        (DlibStream.boolean, b"2", "truth value"),
        (DlibStream.text, packed(-1) + b"x", "the file ends"),
        (DlibStream.tensor, packed(1) + bytes(64), "tensor version is 1, expected 2"),
        (DlibStream.tensor, b"".join(map(packed, (2, 10**6, 10**6, 1, 1))), "the file ends"),
        (DlibStream.column, packed(-2) + packed(-2) + bytes(64), "a column is due"),
        (lambda s: s.expect_text("con_4"), packed(5) + b"con_5", "expected 'con_4'"),
        (DlibStream.expect_end, struct.pack("B", 0), "1 bytes are left over"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_place(read, data: bytes, why: str) -> None:
    with pytest.raises(UnexpectedStream, match=rf"byte \d+: .*{why}"):
        read(DlibStream(data))
