"""Videos: right way up, square pixels, right times; everything else its own error."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from facegate.errors import ImageTooLarge, InvalidImage, NotFound, UnsupportedMediaType
from facegate.imaging.decode import ImageLimits
from facegate.imaging.opencv import cv2
from facegate.imaging.video import is_video, open_video


@pytest.fixture
def clip(tmp_path: Path, astronaut: NDArray[np.uint8]) -> Path:
    """Thirty frames at 10 per second; frame i is the astronaut shifted by 4 i columns."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 10, (256, 192))
    for i in range(30):
        writer.write(np.ascontiguousarray(astronaut[64:256, 4 * i : 4 * i + 256, ::-1]))
    writer.release()
    return path


def test_frames_are_rgb_in_order_with_their_times(clip: Path, astronaut: NDArray[np.uint8]):
    with open_video(clip) as video:
        assert (video.width, video.height, video.fps, video.frame_count) == (256, 192, 10, 30)
        frames = list(video)
    assert [f.index for f in frames] == list(range(30))
    np.testing.assert_allclose([f.time_ms for f in frames], np.arange(30) * 100, atol=1)
    for i in (0, 17, 29):
        shown = astronaut[64:256, 4 * i : 4 * i + 256]
        assert np.abs(frames[i].frame.pixels.astype(int) - shown).mean() < 6


def test_every_nth_frame(clip: Path):
    with open_video(clip) as video:
        whole = list(video)
    with open_video(clip, every=7) as video:
        some = list(video)
    assert [f.index for f in some] == [0, 7, 14, 21, 28]
    for f in some:
        np.testing.assert_array_equal(f.frame.pixels, whole[f.index].frame.pixels)
        assert f.time_ms == whole[f.index].time_ms
    with pytest.raises(ValueError, match="every"):
        open_video(clip, every=0)


def test_real_clips(shared_data: Path):
    sizes: dict[str, tuple[int, int]] = {}
    for path in (shared_data / "video").iterdir():
        with open_video(path, every=100) as video:
            frames = list(video)
            sizes[path.name] = (video.width, video.height)
            assert {f.frame.pixels.shape for f in frames} == {(video.height, video.width, 3)}
            assert [f.index for f in frames] == list(range(0, video.frame_count, 100))
            expected = [1000 * f.index / video.fps for f in frames]
            np.testing.assert_allclose([f.time_ms for f in frames], expected, atol=1000 / video.fps)
    assert sizes == {
        "classroom-nine-faces.mp4": (1280, 720),
        "phone-selfie.mp4": (720, 1280),
        "stage-two-people.mp4": (640, 360),
        "webcam-head-turns.mp4": (480, 480),  # coded as 512x480 with pixels of 15:16
    }


def _with_rotation(clip: bytes, degrees: int) -> bytes:
    """The clip with the display matrix of its track header turned, as a phone held sideways writes it."""
    at = clip.index(b"tkhd") + 4
    version = clip[at]
    matrix = at + (52 if version == 1 else 40)
    one, minus = (1 << 16).to_bytes(4, "big"), (-(1 << 16)).to_bytes(4, "big", signed=True)
    zero, unit = bytes(4), (1 << 30).to_bytes(4, "big")
    a, b, c, d = {90: (zero, one, minus, zero), 180: (minus, zero, zero, minus), 270: (zero, minus, one, zero)}[degrees]
    turned = a + b + zero + c + d + zero + bytes(8) + unit
    return clip[:matrix] + turned + clip[matrix + 36 :]


@pytest.mark.parametrize(("degrees", "turns"), [(90, 3), (180, 2), (270, 1)])
def test_the_cameras_rotation_is_undone(shared_data: Path, tmp_path: Path, degrees: int, turns: int):
    original = shared_data / "video" / "stage-two-people.mp4"
    path = tmp_path / "turned.mp4"
    path.write_bytes(_with_rotation(original.read_bytes(), degrees))
    with open_video(original) as video:
        upright = next(iter(video)).frame.pixels
    with open_video(path) as video:
        turned = next(iter(video)).frame.pixels
        assert turned.shape == (video.height, video.width, 3)
    np.testing.assert_array_equal(turned, np.rot90(upright, turns))


def test_narrow_pixels_turned_sideways(shared_data: Path, tmp_path: Path):
    path = tmp_path / "turned.mp4"
    path.write_bytes(_with_rotation((shared_data / "video" / "webcam-head-turns.mp4").read_bytes(), 90))
    with open_video(path) as video:
        assert (video.width, video.height) == (480, 480)
        assert next(iter(video)).frame.pixels.shape == (480, 480, 3)


def test_a_file_cut_short_gives_what_is_there(clip: Path):
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) // 2])
    with open_video(clip) as video:
        assert 5 < sum(1 for _ in video) < 30


def test_damaged_files(shared_data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    data = (shared_data / "video" / "stage-two-people.mp4").read_bytes()
    for cut in (40, 5_000, 100_000):  # the index is at the end of this file
        path = tmp_path / "cut.mp4"
        path.write_bytes(data[:cut])
        with pytest.raises(InvalidImage, match=r"cut\.mp4"), open_video(path) as video:
            list(video)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("empty.mp4", b"", InvalidImage),
        ("text.mp4", b"not a video", UnsupportedMediaType),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", UnsupportedMediaType),
        ("list.ffconcat", b"ffconcat version 1.0\nfile /etc/passwd\n", UnsupportedMediaType),
        ("photo.mp4", b"\xff\xd8\xff\xe0" + bytes(40), UnsupportedMediaType),
        ("photo.mov", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", UnsupportedMediaType),
    ],
)
def test_what_is_no_video(tmp_path: Path, name: str, content: bytes, error: type[Exception]):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(error, match=name):
        open_video(path)


def test_missing_file_and_address(tmp_path: Path):
    with pytest.raises(NotFound, match=r"no file nobody\.mp4"):
        open_video(tmp_path / "nobody.mp4")
    with pytest.raises(NotFound):
        open_video("http://127.0.0.1:9/clip.mp4")


def test_limits(clip: Path):
    with pytest.raises(ImageTooLarge, match="256x192"):
        open_video(clip, limits=ImageLimits(max_side_px=255))
    open_video(clip, limits=ImageLimits(max_bytes=10)).close()


def test_is_video(clip: Path, tmp_path: Path, grace_hopper_path: Path):
    renamed = tmp_path / "clip.jpg"
    renamed.write_bytes(clip.read_bytes())
    photo = tmp_path / "photo.mp4"
    photo.write_bytes(grace_hopper_path.read_bytes())
    empty = tmp_path / "empty.mov"
    empty.touch()
    assert is_video(clip)
    assert is_video(str(renamed))
    assert not is_video(photo)
    assert is_video(empty)  # so that it is reported as an empty video
    assert not is_video(tmp_path)
    assert is_video(tmp_path / "not-there.webm")
    assert not is_video(tmp_path / "not-there.png")
