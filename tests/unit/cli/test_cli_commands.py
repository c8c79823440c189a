"""The commands on real faces: two that are always there, and the shared clips and photos where they are."""

import csv
import os
import shutil
import stat
from pathlib import Path

import numpy as np
import pytest

from facegate.imaging.decode import read_image
from facegate.imaging.encode import write_image
from facegate.types import Frame
from tests.unit.cli.conftest import Cli, Done, Pictures


def enrolled(cli: Cli, pictures: Pictures) -> None:
    assert cli("enroll", "Eileen Collins", pictures.eileen, "--consent").code == 0
    assert cli("enroll", "Grace Hopper", pictures.grace).code == 0


# detect


def test_detect_answers_with_boxes_landmarks_and_quality(cli: Cli, pictures: Pictures) -> None:
    done = cli("detect", pictures.eileen, "--json")
    assert (done.code, done.err) == (0, "")
    answer = done.object
    assert set(answer) == {"image", "faces"}
    (face,) = answer["faces"]
    assert set(face) == {"bbox", "landmarks", "detection_score", "quality"}
    box = face["bbox"]["pixels"]
    assert 150 < box["x"] < 200
    assert box["x"] / 512 == pytest.approx(face["bbox"]["normalized"]["left"], abs=1e-4)
    assert len(face["landmarks"]) == 5
    assert face["quality"]["eye_distance_px"] == pytest.approx(40, abs=6)


def test_detect_reads_stdin(cli: Cli, pictures: Pictures) -> None:
    done = cli("detect", "-", stdin=pictures.grace.read_bytes())
    assert done.code == 0
    assert done.out.startswith("stdin · 1 face · ")


def test_a_folder_with_bad_files_is_done_to_the_end(cli: Cli, pictures: Pictures, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    good = pictures.grace.read_bytes()
    (folder / "a-empty.jpg").write_bytes(b"")
    (folder / "b-cut.jpg").write_bytes(good[: len(good) // 2])
    (folder / "c-text.jpg").write_bytes(b"this is no picture")
    shutil.copy(pictures.nobody, folder / "d-nobody.jpg")
    shutil.copy(pictures.grace, folder / "e-grace.jpg")
    done = cli("detect", folder, "--json")
    assert done.code == 1
    codes = {Path(each["image"]).name: each.get("error", {}).get("code") for each in done.objects}
    assert codes == {
        "a-empty.jpg": "invalid_image",
        "b-cut.jpg": "invalid_image",
        "c-text.jpg": "unsupported_media_type",
        "d-nobody.jpg": "face_not_found",
        "e-grace.jpg": None,
    }
    text = cli("detect", folder)
    assert text.code == 1
    assert "e-grace.jpg · 1 face" in text.out
    assert text.err.startswith("4 of 5 files could not be used:\n")
    assert "d-nobody.jpg" in text.err
    assert "[face_not_found]" in text.err
    assert "--min-face 20" in text.err


def test_one_missing_file_is_an_error_with_its_code(cli: Cli, tmp_path: Path) -> None:
    done = cli("detect", tmp_path / "none.jpg")
    assert done.code == 1
    assert done.out == ""
    assert done.err == "error: There is no file none.jpg. Check the name. [not_found]\n"


def test_drawn_copies(cli: Cli, pictures: Pictures, tmp_path: Path) -> None:
    drawn = tmp_path / "drawn.png"
    assert cli("detect", pictures.eileen, "--draw", drawn).code == 0
    before, after = read_image(pictures.eileen).pixels, read_image(drawn).pixels
    assert before.shape == after.shape
    assert 0.001 < (before != after).any(axis=2).mean() < 0.2
    folder = tmp_path / "drawn"
    assert cli("detect", pictures.eileen, pictures.grace, "--draw", folder).code == 0
    assert sorted(file.name for file in folder.iterdir()) == ["eileen.png", "grace.jpg"]


def test_draw_refuses_what_it_would_spoil(cli: Cli, pictures: Pictures) -> None:
    before = pictures.grace.read_bytes()
    for draw in (pictures.grace, pictures.folder):
        done = cli("detect", pictures.grace, "--draw", draw)
        assert done.code == 2
        assert "would overwrite" in done.err
    several = cli("detect", pictures.grace, pictures.eileen, "--draw", "one.jpg")
    assert several.code == 2
    assert "Name a folder" in several.err
    assert pictures.grace.read_bytes() == before
    unwritten = cli("detect", pictures.grace, "--draw", "out.webp")
    assert unwritten.code == 2
    assert ".jpg, .png or .mp4" in unwritten.err


# verify


def test_verify_same_and_different(cli: Cli, pictures: Pictures) -> None:
    same = cli("verify", pictures.eileen, pictures.eileen_again, "--json")
    assert same.code == 0
    assert set(same.object) == {"matched", "similarity", "threshold", "target_fmr", "fmr"}
    assert same.object["matched"] is True
    different = cli("verify", pictures.eileen, pictures.grace)
    assert different.code == 0
    assert different.out.startswith("Not taken for the same person. ")
    assert "0." not in different.out
    assert cli("verify", pictures.eileen, pictures.grace, "--exit-code").code == 3
    assert cli("verify", pictures.eileen, pictures.eileen_again, "--exit-code").code == 0


def test_verify_takes_a_target_and_says_how_far_it_can_go(cli: Cli, pictures: Pictures) -> None:
    strict = cli("verify", pictures.eileen, pictures.eileen_again, "--target-fmr", "1e-4", "--json")
    assert strict.object["target_fmr"] == 1e-4
    beyond = cli("verify", pictures.eileen, pictures.eileen_again, "--target-fmr", "1e-9")
    assert beyond.code == 1
    assert "[calibration_missing]" in beyond.err


def test_verify_asks_which_face_is_meant(cli: Cli, pictures: Pictures) -> None:
    done = cli("verify", pictures.both, pictures.grace)
    assert done.code == 1
    assert "both.jpg has 2 faces" in done.err
    assert "--largest" in done.err
    assert cli("verify", pictures.both, pictures.grace, "--largest").code == 0


def test_verify_reads_one_picture_from_stdin(cli: Cli, pictures: Pictures) -> None:
    assert cli("verify", "-", pictures.eileen_again, "--exit-code", stdin=pictures.eileen.read_bytes()).code == 0
    assert cli("verify", "-", "-").code == 2
    assert cli("verify", pictures.folder, pictures.grace).code == 2


# enroll, people


def test_enroll_then_identify(cli: Cli, pictures: Pictures, tmp_path: Path) -> None:
    enrolled(cli, pictures)
    done = cli("identify", pictures.eileen_again, pictures.both, "--json", "--csv", tmp_path / "faces.csv")
    assert done.code == 0
    first, second = done.objects
    assert set(first) == {"image", "faces"}
    (face,) = first["faces"]
    assert {
        "bbox",
        "status",
        "person",
        "similarity",
        "threshold",
        "fmr",
        "fpir",
        "margin",
        "detection_score",
        "quality",
    } <= set(face)
    assert (face["status"], face["person"]["name"]) == ("matched", "Eileen Collins")
    assert face["similarity"] >= face["threshold"]
    assert {each["person"]["name"] for each in second["faces"]} == {"Eileen Collins", "Grace Hopper"}
    with (tmp_path / "faces.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["person"] for row in csv.DictReader(file)].count("Eileen Collins") == 2


def test_identify_says_it_in_words(cli: Cli, pictures: Pictures) -> None:
    assert cli("enroll", "Grace Hopper", pictures.grace).code == 0
    done = cli("identify", pictures.both, "--draw", pictures.folder / "out" / "both.png")
    headline, one, two, drawn = done.out.splitlines()
    assert headline.split(" · ")[1] == "2 faces"
    named, unknown = sorted((one, two), key=lambda line: "Unknown" in line)
    assert "Grace Hopper  very strong   fewer than 1 in 100,000 strangers would match this well" in named
    assert "nearest Grace Hopper, no match (" in unknown
    assert drawn.startswith("Drawn to ")
    assert "0." not in one + two


def test_identify_with_exit_code(cli: Cli, pictures: Pictures) -> None:
    empty = cli("identify", pictures.grace, "--exit-code")
    assert empty.code == 3
    assert "nobody is enrolled yet" in empty.out
    assert cli("enroll", "Grace Hopper", pictures.grace).code == 0
    assert cli("identify", pictures.grace, "--exit-code").code == 0
    assert cli("identify", pictures.eileen, "--exit-code").code == 3


def test_small_faces_are_not_compared(cli: Cli, pictures: Pictures, tmp_path: Path) -> None:
    small = tmp_path / "small.png"
    write_image(small, Frame(np.ascontiguousarray(read_image(pictures.eileen).pixels[::4, ::4])))
    done = cli("identify", small, "--min-face", "20", "--json")
    (face,) = done.object["faces"]
    assert (face["status"], face["reason"], face["similarity"]) == ("unknown", "face_too_small", None)
    assert "needs 20" in cli("identify", small, "--min-face", "20").out


def test_enroll_judges_every_picture(cli: Cli, pictures: Pictures) -> None:
    done = cli("enroll", "Eileen", pictures.eileen, pictures.eileen_again, pictures.both, pictures.nobody, "--json")
    assert done.code == 0
    assert done.object["created"] is True
    assert done.object["added"] == 2
    verdicts = {Path(each["image"]).name: each["reason"] for each in done.object["pictures"]}
    assert verdicts == {
        "eileen.png": None,
        "eileen-again.jpg": None,
        "both.jpg": "multiple_faces",
        "nobody.jpg": "face_not_found",
    }
    text = cli("enroll", "Eileen", pictures.eileen_again, pictures.grace, pictures.nobody)
    assert text.code == 0
    assert text.out.startswith("Eileen · 0 of 3 pictures added · 2 pictures in all\n  1 picture stored already\n")
    assert "not used  grace.jpg" in text.out
    assert "does not look like Eileen" in text.out
    assert "No consent is on record for Eileen." in text.err


def test_enroll_with_nothing_usable_stores_nobody(cli: Cli, pictures: Pictures) -> None:
    done = cli("enroll", "Nobody", pictures.nobody)
    assert done.code == 1
    assert done.out.startswith("Nobody · 0 of 1 picture added\n")
    assert cli("people", "list", "--json").object == {"people": [], "total": 0}


def test_pictures_of_two_people_make_one_person_of_the_most(cli: Cli, pictures: Pictures) -> None:
    done = cli("enroll", "Eileen", pictures.grace, pictures.eileen, pictures.eileen_again, "--json")
    assert [each["reason"] for each in done.object["pictures"]] == ["identity_inconsistent", None, None]


def test_two_pictures_of_different_people_make_nobody(cli: Cli, pictures: Pictures) -> None:
    done = cli("enroll", "Eileen", pictures.grace, pictures.eileen, "--json")
    assert done.code == 1
    assert [each["reason"] for each in done.object["pictures"]] == ["identity_inconsistent"] * 2
    assert cli("people", "list", "--json").object["total"] == 0


def test_a_picture_counts_once(cli: Cli, pictures: Pictures, tmp_path: Path) -> None:
    copy = tmp_path / "copy.jpg"
    shutil.copy(pictures.grace, copy)
    done = cli("enroll", "Grace", pictures.grace, pictures.grace, copy, "--json")
    assert (done.object["added"], done.object["person"]["samples"]) == (1, 1)
    assert [set(each) for each in done.object["pictures"]] == [{"image", "accepted", "reason", "message"}] * 2
    again = cli("enroll", "Grace", pictures.grace, "--consent", "--json").object
    assert (again["added"], again["person"]["samples"]) == (0, 1)
    assert again["person"]["consent"]["source"] == "cli"


def test_a_mistyped_id_makes_no_person(cli: Cli, pictures: Pictures) -> None:
    assert cli("enroll", "Grace", pictures.grace).code == 0
    person = cli("people", "show", "Grace", "--json").object["id"]
    for wrong in (person[:-1], person[:-1] + ("0" if person[-1] != "0" else "1")):
        done = cli("enroll", wrong, pictures.eileen)
        assert done.code == 1
        assert "[not_found]" in done.err
    assert cli("people", "list", "--json").object["total"] == 1


def test_an_empty_argument_is_not_the_working_directory(
    cli: Cli, pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pictures.folder)
    assert cli("identify", "").code == 2
    assert cli("enroll", "New", "").code == 2
    assert cli("identify", "-", "-").code == 2


def test_csv_never_takes_the_place_of_a_picture(cli: Cli, pictures: Pictures, tmp_path: Path) -> None:
    before = {file: file.read_bytes() for file in pictures.folder.iterdir() if file.is_file()}
    link = tmp_path / "link.csv"
    link.symlink_to(pictures.grace)
    for wrong in (pictures.grace, link, pictures.eileen, tmp_path, "-", os.devnull):
        done = cli("identify", pictures.grace, "--csv", wrong)
        assert done.code == 2, wrong
        assert "--csv" in done.err
    assert before == {file: file.read_bytes() for file in before}
    kept = tmp_path / "kept.csv"
    mixed = cli("identify", pictures.grace, pictures.nobody, "--csv", kept)
    assert mixed.code == 1
    assert "grace.jpg" in kept.read_text("utf-8-sig")
    assert sorted(file.name for file in tmp_path.glob(".*")) == []


def test_copies_of_files_of_one_name_do_not_meet(cli: Cli, pictures: Pictures, tmp_path: Path) -> None:
    one, two, drawn = tmp_path / "ca" / "x.jpg", tmp_path / "cb" / "x.jpg", tmp_path / "drawn"
    for path, picture in ((one, pictures.grace), (two, pictures.eileen_again)):
        path.parent.mkdir()
        shutil.copy(picture, path)
    assert cli("detect", one, two, two, "--draw", drawn).code == 0
    assert sorted(drawn.rglob("*.jpg")) == [drawn / "ca" / "x.jpg", drawn / "cb" / "x.jpg"]
    before = two.read_bytes()
    shutil.copy(pictures.grace, tmp_path / "x.jpg")
    spoiling = cli("detect", tmp_path / "x.jpg", two, "--draw", tmp_path / "cb")
    assert spoiling.code == 2
    assert two.read_bytes() == before
    shutil.copy(pictures.grace, tmp_path / "stdin.jpg")
    meeting = cli("detect", tmp_path / "stdin.jpg", "-", "--draw", drawn, stdin=pictures.grace.read_bytes())
    assert meeting.code == 2
    assert "would both be" in meeting.err


def test_against_names_obey_the_rules_of_names(cli: Cli, pictures: Pictures, tmp_path: Path) -> None:
    known = tmp_path / "known"
    for name in ("Ana\x1b[2J", "Ben\nUnknown", "Cem\u202egnp"):
        (known / name).mkdir(parents=True)
        shutil.copy(pictures.grace, known / name / "1.jpg")
    shutil.copy(pictures.eileen, known / "Eileen.png")
    done = cli("identify", pictures.eileen_again, "--against", known)
    assert done.code == 1
    assert done.out.splitlines()[1].startswith("  1  Eileen ")
    assert done.err.count("[invalid_request]") == 3
    assert not {"\x1b", "\u202e"} & set(done.out + done.err)
    assert len(done.err.splitlines()) == 4


def test_a_known_face_is_not_stored_under_another_name_by_accident(cli: Cli, pictures: Pictures) -> None:
    enrolled(cli, pictures)
    done = cli("enroll", "Somebody", pictures.eileen_again)
    assert done.code == 1
    assert "looks like Eileen Collins" in done.out
    assert "[identity_conflict]" in done.out
    assert cli("enroll", "Somebody", pictures.eileen_again, "--new").code == 0


def test_names_that_mean_several_people(cli: Cli, pictures: Pictures) -> None:
    assert cli("enroll", "Kim", pictures.eileen).code == 0
    assert cli("enroll", "Kim", pictures.grace, "--new").code == 0
    people = cli("people", "list", "--json").object["people"]
    assert len({each["id"] for each in people}) == 2
    done = cli("enroll", "Kim", pictures.eileen_again)
    assert done.code == 2
    assert all(each["id"] in done.err for each in people)
    assert cli("people", "show", "Kim").code == 2
    first = next(each["id"] for each in people)
    assert cli("people", "show", first, "--json").object["id"] == first
    assert cli("people", "rename", first, "王小明").out == "Kim is now 王小明.\n"
    assert cli("people", "show", "Kim", "--json").object["id"] != first


def test_names_that_cannot_be_and_names_that_are_near(cli: Cli, pictures: Pictures) -> None:
    enrolled(cli, pictures)
    assert cli("enroll", "  ", pictures.eileen).code == 2
    near = cli("people", "show", "Eilen Colins")
    assert near.code == 1
    assert "Did you mean Eileen Collins?" in near.err
    assert cli("people", "show", "EILEEN COLLINS").code == 0


def test_people_show_tells_consent(cli: Cli, pictures: Pictures) -> None:
    enrolled(cli, pictures)
    consent = cli("people", "show", "Eileen Collins", "--json").object["consent"]
    assert consent["source"] == "cli"
    assert "not on record" in cli("people", "show", "Grace Hopper").out


def test_people_delete_asks_or_is_told(cli: Cli, pictures: Pictures) -> None:
    enrolled(cli, pictures)
    unasked = cli("people", "delete", "Grace Hopper")
    assert unasked.code == 2
    assert "--yes" in unasked.err
    assert cli("people", "delete", "Grace Hopper", "--yes").out == "Deleted Grace Hopper.\n"
    assert cli("people", "show", "Grace Hopper").code == 1
    assert cli("identify", pictures.grace, "--exit-code").code == 3


# identify --against


def test_against_a_folder_needs_and_leaves_no_database(cli: Cli, pictures: Pictures, tmp_path: Path) -> None:
    known = tmp_path / "known"
    (known / "Eileen Collins").mkdir(parents=True)
    shutil.copy(pictures.eileen, known / "Eileen Collins" / "1.png")
    shutil.copy(pictures.grace, known / "Grace Hopper.jpg")
    done = cli("identify", pictures.both, "--against", known, "--json")
    assert done.code == 0
    assert {each["person"]["name"] for each in done.object["faces"]} == {"Eileen Collins", "Grace Hopper"}
    assert not (tmp_path / "data").exists()


def test_against_a_folder_without_faces(cli: Cli, pictures: Pictures, tmp_path: Path) -> None:
    known = tmp_path / "known"
    known.mkdir()
    shutil.copy(pictures.nobody, known / "nobody.jpg")
    done = cli("identify", pictures.grace, "--against", known)
    assert done.code == 1
    assert "[face_not_found]" in done.err
    assert "gives a face to compare with" in done.err
    assert cli("identify", pictures.grace, "--against", pictures.grace).code == 1


# models, users, doctor


def test_models_list_checks_every_file(cli: Cli) -> None:
    done = cli("models", "list", "--json")
    assert done.code == 0
    models = {each["name"]: each for each in done.object["models"]}
    assert {"mtcnn-pnet", "mtcnn-rnet", "mtcnn-onet", "dlib-resnet29"} <= set(models)
    assert all(each["ok"] for each in models.values())
    assert models["dlib-resnet29"]["dimension"] == 128
    assert "dlib-resnet29" in cli("models", "list").out


def test_setup_link_makes_an_owner_once(cli: Cli, tmp_path: Path) -> None:
    from facegate.app.services import Services
    from facegate.config import load_settings
    from facegate.errors import AccessError

    done = cli("users", "setup-link", "--json")
    assert done.code == 0
    assert done.object["running"] is False
    token = done.object["url"].split("#setup=")[1]
    with Services.open(load_settings()) as services:
        _, session = services.access.claim(token)
        assert session.role == "owner"
        with pytest.raises(AccessError):
            services.access.claim(token)
    operator = cli("users", "setup-link", "--role", "operator", "--json").object["url"].split("#setup=")[1]
    with Services.open(load_settings()) as services:
        assert services.access.claim(operator)[1].role == "operator"
    assert cli("users", "setup-link", "--role", "king").code == 2


def test_open_without_a_server(cli: Cli) -> None:
    done = cli("open")
    assert done.code == 1
    assert "facegate serve" in done.err
    assert "[not_ready]" in done.err


def checks(done: Done) -> dict[str, str]:
    return {each["code"]: each["status"] for each in done.object["checks"]}


def test_doctor_on_a_fresh_folder_changes_nothing(cli: Cli, tmp_path: Path) -> None:
    done = cli("doctor", "--json")
    assert done.code == 0
    assert checks(done)["models"] == "ok"
    assert done.object["failures"] == 0
    assert done.object["settings"]["target_fmr"] == 1e-3
    assert not (tmp_path / "data").exists()


def test_doctor_knows_people_owner_and_the_largest_gallery(cli: Cli, pictures: Pictures) -> None:
    enrolled(cli, pictures)
    done = cli("doctor")
    assert done.code == 0
    assert "2 are enrolled" in done.out
    assert "names up to 1,000 people" in done.out
    assert "fix: facegate users setup-link" in done.out
    assert "target_fpir" in done.out


def test_doctor_marks_weak_settings(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEGATE_LIVE_ACCESS", "open")
    monkeypatch.setenv("FACEGATE_TARGET_FPIR", "0.3")
    done = cli("doctor")
    assert done.code == 0
    assert "warn  FACEGATE_LIVE_ACCESS=open" in done.out
    assert "fix: unset FACEGATE_TARGET_FPIR" in done.out
    assert "0.3 (set)" in done.out


def test_doctor_reports_refused_settings_and_goes_on(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEGATE_PORT", "many")
    done = cli("doctor", "--json")
    assert done.code == 1
    assert checks(done) == {"runtime": "ok", "settings": "fail"}


def test_doctor_lists_every_setting_even_when_one_is_unknown(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from facegate.config import Settings

    monkeypatch.setenv("FACEGATE_ZZZ", "1")
    done = cli("doctor")
    assert done.code == 1
    assert "`facegate doctor` lists the settings" in done.out
    assert all(f"      {name} " in done.out for name in Settings.model_fields)


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("TARGET_FMR", "1e-9", "Ask for 1e-05 or more"),
        ("TARGET_FPIR", "1e-9", "names up to 0 people: everybody is unknown"),
        ("DATA", "{file}", "is a file, not a folder"),
        ("DATA", "{file}/below", "is a file, not a folder"),
        ("DATA", "/proc/facegate", "Data: /proc cannot be written to"),
    ],
)
def test_doctor_fails_where_nothing_can_work(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, setting: str, value: str, told: str
) -> None:
    if value.startswith("/proc") and not Path("/proc/self").exists():
        pytest.skip("only Linux has a folder that nobody can write to")
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv(f"FACEGATE_{setting}", value.format(file=tmp_path / "file"))
    done = cli("doctor")
    assert done.code == 1
    assert told in done.out
    assert "1 failure." in done.out


def test_doctor_finds_a_lost_key_an_open_folder_and_a_damaged_database(
    cli: Cli, pictures: Pictures, tmp_path: Path
) -> None:
    enrolled(cli, pictures)
    data = tmp_path / "data"
    data.chmod(0o755)
    done = cli("doctor")
    assert done.code == 0
    assert f"fix: chmod 700 {data}" in done.out
    data.chmod(0o700)
    key = data / "keys" / "kek-1"
    key.chmod(0o644)
    shared = cli("doctor")
    assert shared.code == 1
    assert f"FAIL  The key file {key} is open to other users (mode 644)" in shared.out
    key.chmod(0o600)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    kept = key.read_bytes()
    key.unlink()
    lost = cli("doctor")
    assert lost.code == 1
    assert f"The key file {key} is missing" in lost.out
    assert not key.exists()
    key.write_bytes(kept)
    key.chmod(0o600)
    database = data / "facegate.db"
    content = bytearray(database.read_bytes())
    content[4096:12288] = bytes(8192)
    database.write_bytes(content)
    damaged = cli("doctor")
    assert damaged.code == 1
    assert "put a backup in its place" in damaged.out
