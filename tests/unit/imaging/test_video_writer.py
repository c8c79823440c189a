"""Videos that are written can be read again."""

from pathlib import Path

import numpy as np
import pytest

from facegate.errors import StorageError
from facegate.imaging.video import open_video
from facegate.imaging.video_writer import VideoWriter
from facegate.types import Frame


def grey(level: int, width: int = 64, height: int = 48) -> Frame:
    return Frame(np.full((height, width, 3), level, np.uint8))


@pytest.mark.parametrize(("width", "height"), [(64, 48), (65, 47)])
def test_frames_come_back_in_order_and_size(tmp_path: Path, width: int, height: int) -> None:
    path = tmp_path / "out.mp4"
    levels = [0, 60, 120, 180, 240]
    with VideoWriter(path, width=width, height=height, fps=10) as writer:
        for level in levels:
            writer.write(grey(level, width, height))
    with open_video(path) as video:
        frames = list(video)
    assert [frame.time_ms for frame in frames] == pytest.approx([0, 100, 200, 300, 400], abs=1)
    assert {(each.frame.width, each.frame.height) for each in frames} == {(64, height // 2 * 2)}
    assert [float(each.frame.pixels.mean()) for each in frames] == pytest.approx(levels, abs=4)
    assert [file.name for file in tmp_path.iterdir()] == ["out.mp4"]


def test_a_failure_leaves_no_file_and_keeps_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    with VideoWriter(path, width=64, height=48, fps=10) as finished, pytest.raises(ValueError, match="expected"):
        finished.write(grey(1, 32, 32))
    path.write_bytes(b"old")
    with pytest.raises(KeyError), VideoWriter(path, width=64, height=48, fps=10):
        raise KeyError
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["out.mp4"]


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="could not be made"):
        VideoWriter(tmp_path / "none" / "out.mp4", width=64, height=48, fps=10)
