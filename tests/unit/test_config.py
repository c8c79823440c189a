"""Settings: where they come from, and what is refused."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from facegate.config import Settings, load_settings
from facegate.errors import InvalidSettings


def test_the_defaults_are_safe() -> None:
    settings = load_settings(environ={})
    assert settings.is_loopback
    assert settings.live_access == "session"
    assert settings.port is None


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "facegate.toml"
    file.write_text("min_face_px = 50\nmax_faces = 3\n")
    settings = load_settings(environ={"FACEGATE_MIN_FACE_PX": "60"}, file=file)
    assert (settings.min_face_px, settings.max_faces) == (60, 3)


def test_an_option_wins_over_the_environment() -> None:
    assert load_settings(environ={"FACEGATE_PORT": "5001"}, port=5002).port == 5002


def test_an_option_that_was_not_given_does_not_count() -> None:
    assert load_settings(environ={"FACEGATE_PORT": "5001"}, port=None).port == 5001


def test_a_mistyped_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidSettings, match="Did you mean FACEGATE_TARGET_FMR"):
        load_settings(environ={"FACEGATE_TARGT_FMR": "1e-3"})


def test_a_mistyped_name_in_the_file_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "facegate.toml"
    file.write_text("mn_face_px = 50\n")
    with pytest.raises(InvalidSettings, match=r"facegate\.toml is not a setting\. Did you mean min_face_px"):
        load_settings(environ={}, file=file)


def test_a_value_out_of_form_names_variable_and_value() -> None:
    with pytest.raises(InvalidSettings, match=r"FACEGATE_PORT is 'eighty'"):
        load_settings(environ={"FACEGATE_PORT": "eighty"})


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "facegate.toml"
    file.write_text("min_face_px = = 3")
    with pytest.raises(InvalidSettings, match=r"facegate\.toml could not be read"):
        load_settings(environ={}, file=file)


def test_open_access_off_loopback_needs_a_second_switch() -> None:
    with pytest.raises(InvalidSettings, match="OFF_LOOPBACK"):
        load_settings(environ={"FACEGATE_LIVE_ACCESS": "open", "FACEGATE_HOST": "0.0.0.0"})
    both = {"FACEGATE_LIVE_ACCESS": "open", "FACEGATE_HOST": "0.0.0.0", "FACEGATE_LIVE_ACCESS_OPEN_OFF_LOOPBACK": "1"}
    assert load_settings(environ=both).live_access == "open"


@pytest.mark.parametrize("hosts", ["*", "*.example", "", "cam.example,", "https://cam.example", "cam example", "a:b"])
def test_only_exact_hosts_are_allowed(hosts: str) -> None:
    with pytest.raises(InvalidSettings, match="exact host name"):
        load_settings(environ={"FACEGATE_ALLOWED_HOSTS": hosts})


@pytest.mark.parametrize("host", ["cam", "cam.example:8443", "192.168.1.20", "[fd00::7]:5000", "CAM.Example"])
def test_names_and_addresses_are_hosts(host: str) -> None:
    assert load_settings(environ={"FACEGATE_ALLOWED_HOSTS": host}).allowed_hosts == (host,)


def test_hosts_are_a_list() -> None:
    hosts = load_settings(environ={"FACEGATE_ALLOWED_HOSTS": "cam.example,cam.example:8443"}).allowed_hosts
    assert hosts == ("cam.example", "cam.example:8443")


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1


def test_a_word_for_the_threshold_leads_to_the_rate() -> None:
    for variable in ("FACEGATE_THRESHHOLD", "FACEGATE_TOLERANCE"):
        with pytest.raises(InvalidSettings, match=r"Did you mean FACEGATE_TARGET_FMR\?"):
            load_settings(environ={variable: "0.6"})


def test_the_detector_has_three_thresholds(tmp_path: Path) -> None:
    chosen = load_settings(environ={"FACEGATE_DETECTION_THRESHOLDS": "0.5, 0.6,0.7"})
    assert chosen.detection_thresholds == (0.5, 0.6, 0.7)
    file = tmp_path / "facegate.toml"
    file.write_text("detection_thresholds = [0.5, 0.6, 0.7]\n")
    assert load_settings(environ={}, file=file) == load_settings(environ={}).model_copy(
        update={"detection_thresholds": (0.5, 0.6, 0.7)}
    )
    for wrong, why in (("0.5", "three numbers"), ("0.5,0.6,0.7,0.8", "three numbers"), ("0,0.5,0.5", "more than 0")):
        with pytest.raises(InvalidSettings, match=f"FACEGATE_DETECTION_THRESHOLDS.*{why}"):
            load_settings(environ={"FACEGATE_DETECTION_THRESHOLDS": wrong})


def test_folders_are_read_as_typed() -> None:
    for name in ("data", "model_dir"):
        assert getattr(load_settings(environ={f"FACEGATE_{name.upper()}": "~/x"}), name) == Path.home() / "x"
        for empty in ("", "  "):
            with pytest.raises(InvalidSettings, match="it must not be empty"):
                load_settings(environ={f"FACEGATE_{name.upper()}": empty})


@pytest.mark.parametrize(
    ("variable", "value", "why"),
    [
        ("PORT", "eighty", "that is no whole number"),
        ("PORT", "70000", "it must be at most 65535"),
        ("HOST", "", "it must not be empty"),
        ("TARGET_FMR", "small", "that is no number"),
        ("TARGET_FMR", "nan", "it must be"),
        ("LIVE_ACCESS", "everyone", "it must be 'session' or 'open'"),
        ("LIVE_ACCESS_OPEN_OFF_LOOPBACK", "perhaps", "it must be true or false"),
    ],
)
def test_a_refused_value_is_told_in_plain_words(variable: str, value: str, why: str) -> None:
    with pytest.raises(InvalidSettings, match=f"FACEGATE_{variable} is '{value}': {why}"):
        load_settings(environ={f"FACEGATE_{variable}": value})
