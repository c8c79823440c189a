"""The converted MTCNN networks against their Keras layers, computed plainly."""

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from build_hooks.mtcnn_weights import _ArrayUnpickler, convert, read_weights
from facegate.models.catalog import spec_of
from facegate.models.runtime import Network

Array = NDArray[np.float64]


def convolve(x: Array, kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> Array:
    """Keras Conv2D, valid; x (rows, columns, in), kernel (rows, columns, in, out)."""
    windows = sliding_window_view(x, kernel.shape[:2], axis=(0, 1))
    return np.einsum("ijchw,hwco->ijo", windows, kernel.astype(np.float64)) + bias


def prelu(x: Array, slope: NDArray[np.float32]) -> Array:
    return np.where(x > 0, x, x * slope.reshape(-1))


def pool(x: Array, size: int, *, same: bool) -> Array:
    """Keras MaxPooling2D with strides of 2."""
    if same:
        end = [(0, max((-(-n // 2) - 1) * 2 + size - n, 0)) for n in x.shape[:2]]
        x = np.pad(x, [*end, (0, 0)], constant_values=-np.inf)
    return sliding_window_view(x, (size, size), axis=(0, 1)).max(axis=(3, 4))[::2, ::2]


def dense(x: Array, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> Array:
    return x @ weight.astype(np.float64) + bias


def face_probability(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return (e / e.sum(axis=-1, keepdims=True))[..., 1]


def normalized(pixels: NDArray[np.generic]) -> Array:
    return (pixels.astype(np.float64) - 127.5) / 128


@pytest.fixture
def noise() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.mark.parametrize("shape", [(12, 12), (13, 12), (25, 40), (32, 31)])
def test_pnet_is_the_keras_network(noise: np.random.Generator, shape: tuple[int, int]) -> None:
    w = read_weights("pnet")
    image = noise.uniform(0, 255, (*shape, 3)).astype(np.float32)

    x = pool(prelu(convolve(normalized(image), w[0], w[1]), w[2]), 2, same=True)
    x = prelu(convolve(x, w[3], w[4]), w[5])
    x = prelu(convolve(x, w[6], w[7]), w[8])
    score, offsets = Network.open(spec_of("mtcnn-pnet"))(image[None])

    np.testing.assert_allclose(score[0, 0], face_probability(convolve(x, w[11], w[12])), atol=1e-5)
    np.testing.assert_allclose(offsets[0].transpose(1, 2, 0), convolve(x, w[9], w[10]), atol=1e-5)


def test_rnet_is_the_keras_network(noise: np.random.Generator) -> None:
    w = read_weights("rnet")
    images = noise.integers(0, 256, (3, 24, 24, 3), np.uint8)

    score, offsets = Network.open(spec_of("mtcnn-rnet"))(images)

    for i, image in enumerate(images):
        x = pool(prelu(convolve(normalized(image), w[0], w[1]), w[2]), 3, same=True)
        x = pool(prelu(convolve(x, w[3], w[4]), w[5]), 3, same=False)
        x = prelu(convolve(x, w[6], w[7]), w[8])
        x = prelu(dense(x.transpose(1, 0, 2).ravel(), w[9], w[10]), w[11])
        np.testing.assert_allclose(score[i, 0], face_probability(dense(x, w[14], w[15])), atol=1e-5)
        np.testing.assert_allclose(offsets[i], dense(x, w[12], w[13]), atol=1e-5)


def test_onet_is_the_keras_network(noise: np.random.Generator) -> None:
    w = read_weights("onet")
    images = noise.integers(0, 256, (2, 48, 48, 3), np.uint8)

    score, offsets, landmarks = Network.open(spec_of("mtcnn-onet"))(images)

    for i, image in enumerate(images):
        x = pool(prelu(convolve(normalized(image), w[0], w[1]), w[2]), 3, same=True)
        x = pool(prelu(convolve(x, w[3], w[4]), w[5]), 3, same=False)
        x = pool(prelu(convolve(x, w[6], w[7]), w[8]), 2, same=True)
        x = prelu(convolve(x, w[9], w[10]), w[11])
        x = prelu(dense(x.transpose(1, 0, 2).ravel(), w[12], w[13]), w[14])
        np.testing.assert_allclose(score[i, 0], face_probability(dense(x, w[19], w[20])), atol=1e-5)
        np.testing.assert_allclose(offsets[i], dense(x, w[15], w[16]), atol=1e-5)
        np.testing.assert_allclose(landmarks[i], dense(x, w[17], w[18]), atol=1e-5)


def test_conversion_gives_the_catalogued_bytes_every_time(tmp_path: Path) -> None:
    for path in convert(tmp_path):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == spec_of(path.stem).sha256


def test_a_pickle_that_wants_more_than_arrays_is_refused() -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (print, ("owned",))

    with pytest.raises(pickle.UnpicklingError, match=r"builtins\.print has no place"):
        _ArrayUnpickler(pickle.dumps([Evil()])).load()
