"""The commands on real video clips."""

from pathlib import Path

import numpy as np
import pytest

from facegate.imaging.video import open_video
from tests.unit.cli.conftest import Cli, Pictures

# videos


def test_a_person_enrolled_from_part_of_a_video_is_named_in_it(cli: Cli, shared_data: Path, tmp_path: Path) -> None:
    clip = shared_data / "video" / "stage-two-people.mp4"
    added = cli("enroll", "The Singer", clip, "--from", "2.7", "--to", "4.5", "--json")
    assert added.code == 0
    (verdict,) = added.object["pictures"]
    assert verdict["accepted"]
    assert 2 <= verdict["frames_used"] <= verdict["frames"] <= 4
    done = cli("identify", clip, "--json", "--draw", tmp_path / "drawn.mp4", "--csv", tmp_path / "seen.csv")
    assert done.code == 0
    (person,) = done.object["people"]
    assert person["person"]["name"] == "The Singer"
    # The clip's shots of the singer alone are from 2.7 to 7.0 s; nobody in the others is named.
    assert person["first_ms"] >= 2500
    assert 6500 <= person["last_ms"] <= 7200
    assert person["similarity"] >= person["threshold"]
    with open_video(clip) as original, open_video(tmp_path / "drawn.mp4") as drawn:
        assert (original.width, original.height) == (drawn.width, drawn.height)
        assert sum(1 for _ in original) == sum(1 for _ in drawn)
    assert "The Singer" in (tmp_path / "seen.csv").read_text("utf-8-sig")


def test_a_person_of_one_shot_is_named_in_another(cli: Cli, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = shared_data / "video" / "stage-two-people.mp4"
    monkeypatch.setenv("FACEGATE_ENROLL_EYE_DISTANCE_PX", "15")
    added = cli("enroll", "The Singer", clip, "--min-face", "20", "--largest", "--from", "0", "--to", "0.63")
    assert added.code == 0
    done = cli("identify", clip, "--json")
    (person,) = done.object["people"]
    assert person["person"]["name"] == "The Singer"
    # The first shot ends at 0.63 s; the singer alone is in view again from 2.7 to 7.0 s.
    assert person["first_ms"] >= 2500
    assert 6500 <= person["last_ms"] <= 7200
    assert {each["person"]["name"] for each in done.object["tracks"] if each["person"]} == {"The Singer"}


def test_a_cut_video_is_not_taken_for_a_whole_one(cli: Cli, shared_data: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.webm"
    cut.write_bytes((shared_data / "spoof" / "webcam-both-turns-real.webm").read_bytes()[:200_000])
    done = cli("identify", cut, "--json")
    assert done.code == 1
    assert done.object["truncated"] is True
    assert 3500 < done.object["duration_ms"] < 4500
    assert "0:13.2 could be read" in done.err
    assert "[invalid_image]" in done.err


def test_the_copy_of_a_video_is_one(cli: Cli, shared_data: Path, pictures: Pictures, tmp_path: Path) -> None:
    clip = shared_data / "video" / "stage-two-people.mp4"
    for source, copy in ((clip, "x.jpg"), (pictures.grace, "x.mp4")):
        done = cli("identify", source, "--draw", tmp_path / copy)
        assert done.code == 2
        assert "its copy must end in" in done.err


def test_video_text_names_people_with_times(cli: Cli, shared_data: Path) -> None:
    clip = shared_data / "video" / "stage-two-people.mp4"
    assert cli("enroll", "The Singer", clip, "--from", "2.7", "--to", "6.5").code == 0
    lines = cli("identify", clip).out.splitlines()
    assert " · 1 person named, " in lines[0]
    assert lines[1].startswith("  The Singer  0:0")
    assert lines[1].endswith("strangers would match this well")


def test_a_long_video_gives_ten_frames_from_all_of_it(
    cli: Cli, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facegate.cli import shots as module

    taken: list[float] = []
    original = module.samples

    def spy(shots: list[module.Shot]) -> object:
        taken.extend(shot.time_ms for shot in shots if shot.face is not None and shot.time_ms is not None)
        return original(shots)

    monkeypatch.setattr("facegate.cli.enroll.samples", spy)
    done = cli("enroll", "Selfie", shared_data / "video" / "phone-selfie.mp4", "--json")
    assert done.object["added"] == 10
    times = sorted(set(taken))
    assert len(times) == 10
    assert np.diff(times).min() >= 600
    assert times[0] < 1000
    assert times[-1] > 9000


def test_times_without_a_video_and_out_of_order(cli: Cli, pictures: Pictures) -> None:
    assert cli("enroll", "A", pictures.grace, "--from", "1").code == 2
    assert cli("enroll", "A", pictures.grace, "--from", "5", "--to", "2").code == 2
    assert cli("enroll", "A", pictures.grace, "--from", "noon").code == 2


def test_broken_pictures_of_the_shared_photos(cli: Cli, shared_data: Path) -> None:
    done = cli("identify", shared_data / "photos", "--json")
    assert done.code == 1
    answers = {Path(each["image"]).name: each for each in done.objects}
    assert len(answers) == 19
    assert {answers[name]["error"]["code"] for name in ("bad-corrupted.png", "bad-truncated.jpg")} == {"invalid_image"}
    assert answers["no-face-landscape.jpg"]["error"]["code"] == "face_not_found"
    assert answers["no-face-landscape.jpg"]["faces"] == []
    assert len(answers["group-six.jpg"]["faces"]) == 6
