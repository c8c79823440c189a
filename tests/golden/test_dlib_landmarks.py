"""Our 5-point predictor must answer what dlib answers: its landmarks in its own boxes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facegate.models.catalog import spec_of
from facegate.models.runtime import Network


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.open(spec_of("dlib-landmarks5"))


def test_landmarks_equal_those_of_dlib(shared_data: Path, network: Network) -> None:
    golden = np.load(shared_data / "golden" / "dlib-reference.npz")
    rows = zip(golden["images"], golden["hog_boxes_ltrb"], golden["landmarks5_xy"], strict=True)
    for name, box, expected in rows:
        image = np.array(Image.open(shared_data / str(name)).convert("RGB"))

        (landmarks,) = network(image, box[None].astype(np.float32))

        assert landmarks.shape == (1, 5, 2)
        # dlib rounds to whole pixels.
        np.testing.assert_allclose(landmarks[0], expected, rtol=0, atol=1.0, err_msg=str(name))
        assert np.abs(np.floor(landmarks[0] + 0.5) - expected).mean() < 0.1, name


def test_boxes_are_answered_in_order_and_alike_alone_or_together(astronaut, network: Network) -> None:
    boxes = np.float32([[178, 74, 268, 164], [170, 70, 280, 180], [185, 80, 260, 155]])

    (together,) = network(astronaut, boxes)
    alone = np.concatenate([network(astronaut, boxes[i : i + 1])[0] for i in range(3)])

    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-3)
    right_eye_x, left_eye_x = together[:, 0:2, 0].mean(axis=1), together[:, 2:4, 0].mean(axis=1)
    assert (right_eye_x - left_eye_x > 20).all()
    assert (together[:, 4, 1] > together[:, :4, 1].max(axis=1)).all(), "the nose is below the eyes"


def test_a_box_past_the_edge_reads_black_there(astronaut, network: Network) -> None:
    """The same answer as with black pixels painted around the picture."""
    face = astronaut[60:180, 160:262]
    black = np.zeros((120 + 80, 102 + 80, 3), np.uint8)
    black[40:160, 40:142] = face
    box = np.float32([[10, 10, 120, 120]])

    (cropped,) = network(face, box)
    (painted,) = network(black, box + 40)

    np.testing.assert_allclose(cropped + 40, painted, rtol=0, atol=0.05)
