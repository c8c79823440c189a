import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from facegate.errors import ModelFileChanged, NotReady
from facegate.models import files, runtime
from facegate.models.catalog import spec_of
from facegate.models.runtime import Network


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.open(spec_of("dlib-resnet29"))


def chips_of(astronaut, grace_hopper):
    """Four crops around the two faces; roughly aligned is enough here."""
    crops = [astronaut[60:210, 150:300], astronaut[50:200, 160:310]]
    crops += [grace_hopper[90:240, 180:330], grace_hopper[100:250, 190:340]]
    return np.stack(crops)


def test_threads_that_share_a_network_get_what_one_thread_gets(network: Network, astronaut, grace_hopper) -> None:
    chips = chips_of(astronaut, grace_hopper)
    expected = [network(chips[i : i + 1])[0] for i in range(4)]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda i: (i % 4, network(chips[i % 4 : i % 4 + 1])[0]), range(32)))

    for which, answer in answers:
        np.testing.assert_array_equal(answer, expected[which])
    assert not np.allclose(expected[0], expected[2]), "two people must differ"


def test_two_crops_of_one_face_are_nearer_than_two_people(network: Network, astronaut, grace_hopper) -> None:
    (vectors,) = network(chips_of(astronaut, grace_hopper))
    distance = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)

    assert max(distance[0, 1], distance[2, 3]) < distance[:2, 2:].min()


def test_the_input_is_not_changed(network: Network, astronaut, grace_hopper) -> None:
    chips = chips_of(astronaut, grace_hopper)
    before = chips.copy()

    network(chips)

    np.testing.assert_array_equal(chips, before)


def test_a_wrong_number_of_inputs_is_refused(network: Network) -> None:
    with pytest.raises(ValueError, match="zip"):
        network()


def test_a_changed_file_is_never_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_of("mtcnn-pnet")
    data = bytearray(files.locate(spec).read_bytes())
    data[len(data) // 2] ^= 0x80
    (tmp_path / spec.file).write_bytes(data)
    monkeypatch.setattr(files, "BUILT_IN", tmp_path)
    monkeypatch.setattr(runtime, "_open_session", lambda *_: pytest.fail("the bytes reached onnxruntime"))

    with pytest.raises(ModelFileChanged):
        Network.open(spec)


def test_bytes_onnxruntime_cannot_load_are_said_to_be_so() -> None:
    with pytest.raises(NotReady, match="could not load the model broken") as caught:
        runtime._open_session(b"not a network", "broken")
    assert caught.value.details["model"] == "broken"


def test_onnxruntime_is_imported_only_when_a_network_is_opened() -> None:
    code = "import sys, facegate.models.runtime; sys.exit('onnxruntime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
