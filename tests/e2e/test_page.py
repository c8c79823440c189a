"""The page in real Chromium, before a camera made from a file, against a real server. Screenshots: e2e-output/."""

from pathlib import Path

import pytest

from tests.e2e.stage import ServerProcess, Stage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_person_is_added_by_name_and_then_recognised(stage: Stage, webcam_camera: Path) -> None:
    found = stage.play("enrol", link=stage.server.link(), camera=str(webcam_camera))
    assert found["answersPerSecond"] >= 1


def test_a_face_under_a_second_name_is_asked_about_before_saving(stage: Stage, astronaut_camera: Path) -> None:
    stage.play("lookalike", link=stage.server.link(), camera=str(astronaut_camera))


def test_a_stranger_gets_no_name(stage: Stage, astronaut_camera: Path, stranger_camera: Path) -> None:
    stage.play("stranger", link=stage.server.link(), camera=str(astronaut_camera), stranger=str(stranger_camera))


def test_everything_can_be_done_with_the_keyboard(stage: Stage, astronaut_camera: Path) -> None:
    stage.play("keyboard", link=stage.server.link(), camera=str(astronaut_camera))


def test_a_killed_server_freezes_the_picture_and_heals_by_itself(stage: Stage, astronaut_camera: Path) -> None:
    stage.play("lost", link=stage.server.link(), camera=str(astronaut_camera))


def test_long_polling_carries_the_pictures_where_no_websocket_passes(stage: Stage, astronaut_camera: Path) -> None:
    stage.play("polling", link=stage.server.link(), camera=str(astronaut_camera))


def test_a_phone_shows_everything_without_scrolling_sideways(stage: Stage, astronaut_camera: Path) -> None:
    stage.play("phone", link=stage.server.link(), camera=str(astronaut_camera))


def test_two_hundred_percent_zoom_fits(stage: Stage, astronaut_camera: Path) -> None:
    stage.play("zoom", link=stage.server.link(), camera=str(astronaut_camera))


def test_signing_out_ends_the_live_picture_everywhere(stage: Stage, astronaut_camera: Path) -> None:
    found = stage.play("revoked", link=stage.server.link(), camera=str(astronaut_camera))
    assert found["endedMs"] < 10_000


def test_a_full_server_lets_the_next_viewer_wait(server: ServerProcess, stage: Stage, astronaut_camera: Path) -> None:
    server.stop()
    server.environment["FACEGATE_MAX_VIEWERS"] = "1"
    server.start()
    stage.play("overloaded", link=server.link(), camera=str(astronaut_camera))


def test_the_picture_of_the_documentation_can_be_made(stage: Stage, astronaut_camera: Path) -> None:
    stage.play("portrait", link=stage.server.link(), camera=str(astronaut_camera), name="Eileen Collins")
    assert (stage.pictures / "portrait" / "live.png").is_file()


def test_a_silent_server_takes_the_names_back_and_is_named(stage: Stage, astronaut_camera: Path) -> None:
    stage.play("silent", link=stage.server.link(), camera=str(astronaut_camera))


def test_a_ticket_nobody_answers_does_not_hang_the_page(stage: Stage, astronaut_camera: Path) -> None:
    stage.play("unanswered", link=stage.server.link(), camera=str(astronaut_camera))


def test_adding_a_person_begins_afresh_and_keeps_the_focus(stage: Stage, astronaut_camera: Path) -> None:
    stage.play("afresh", link=stage.server.link(), camera=str(astronaut_camera))


def test_a_save_whose_answer_is_late_is_not_called_lost(stage: Stage, astronaut_camera: Path) -> None:
    stage.play("late_save", link=stage.server.link(), camera=str(astronaut_camera))


def test_a_second_record_of_one_face_ends_in_words(stage: Stage, astronaut_camera: Path) -> None:
    stage.play("twins", link=stage.server.link(), camera=str(astronaut_camera))


def test_a_face_far_away_is_sent_larger(stage: Stage, distant_camera: Path) -> None:
    stage.play("distant", link=stage.server.link(), camera=str(distant_camera))


def test_a_camera_of_too_few_pixels_is_named(stage: Stage, coarse_camera: Path) -> None:
    options = {"name": "few-pixels", "headline": "This camera is too coarse", "retry": "Try again"}
    stage.play("camera", link=stage.server.link(), camera=str(coarse_camera), **options)


def test_a_link_works_once(stage: Stage) -> None:
    stage.play("link", link=stage.server.link())


def test_the_camera_is_given_back(stage: Stage, astronaut_camera: Path) -> None:
    stage.play("release", link=stage.server.link(), camera=str(astronaut_camera))


def test_a_covered_lens_is_named(stage: Stage, black_camera: Path) -> None:
    stage.play("black", link=stage.server.link(), camera=str(black_camera))


def test_a_camera_that_cannot_be_had_is_explained(stage: Stage, astronaut_camera: Path) -> None:
    camera = str(astronaut_camera)
    again = {"retry": "Try again"}
    cases = [
        {"name": "denied", "camera": "denied", "headline": "Camera not allowed", **again},
        {"name": "missing", "camera": "none", "headline": "No camera found", **again},
        {"name": "busy", "stub": "NotReadableError", "headline": "Another app is using the camera", **again},
        {"name": "coarse", "stub": "OverconstrainedError", "headline": "This camera is too coarse", **again},
        {"name": "policy", "blocked": True, "headline": "The site around this page blocks the camera"},
    ]
    for case in cases:
        stage.play("camera", **{"link": stage.server.link(), "camera": camera, **case})


@pytest.fixture
def insecure_server(server: ServerProcess) -> ServerProcess:
    """The same server under a name for which browsers give no camera on plain http."""
    server.stop()
    server.environment["FACEGATE_ALLOWED_HOSTS"] = f"facegate.test:{server.port}"
    server.start()
    return server


def test_an_insecure_address_is_explained(insecure_server: ServerProcess, stage: Stage, astronaut_camera: Path) -> None:
    stage.server.url = f"http://facegate.test:{insecure_server.port}"
    stage.play(
        "camera",
        link=stage.server.link(),
        camera=str(astronaut_camera),
        name="insecure",
        insecure=True,
        headline="This page can't use the camera yet",
    )
