"""Our network must answer what dlib answers: its descriptors of 24 aligned faces."""

from pathlib import Path

import numpy as np
import pytest

from facegate.models.catalog import spec_of
from facegate.models.runtime import Network


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.open(spec_of("dlib-resnet29"))


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_descriptors_equal_those_of_dlib(shared_data: Path, network: Network) -> None:
    golden = np.load(shared_data / "golden" / "dlib-reference.npz")

    (descriptors,) = network(golden["chips"])

    assert descriptors.shape == (24, 128)
    assert descriptors.dtype == np.float32
    np.testing.assert_allclose(unit(descriptors), unit(golden["descriptors"]), rtol=0, atol=1e-5)
    np.testing.assert_allclose(descriptors, golden["descriptors"], rtol=0, atol=1e-5)


def test_a_face_has_the_same_descriptor_alone_and_in_a_batch(shared_data: Path, network: Network) -> None:
    chips = np.load(shared_data / "golden" / "dlib-reference.npz")["chips"][:5]

    (together,) = network(chips)
    alone = np.concatenate([network(chips[i : i + 1])[0] for i in range(5)])

    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-6)
