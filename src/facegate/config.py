"""One frozen :class:`Settings`, read from the environment (``FACEGATE_*``) and ``facegate.toml``."""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from facegate.errors import InvalidSettings

PREFIX = "FACEGATE_"
FILE_NAME = "facegate.toml"


# What people type who mean another name.
_MEANT = {"threshold": "target_fmr", "tolerance": "target_fmr"}
_HOST = re.compile(r"(?i)([a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(:\d{1,5})?")
_LISTS = {"allowed_hosts", "detection_thresholds"}

# Kinds of pydantic's errors in our words; the braces are filled with what the error carries.
_WHY = {
    "int_parsing": "that is no whole number",
    "int_from_float": "that is no whole number",
    "int_type": "that is no whole number",
    "float_parsing": "that is no number",
    "float_type": "that is no number",
    "bool_parsing": "it must be true or false",
    "bool_type": "it must be true or false",
    "literal_error": "it must be {expected}",
    "greater_than": "it must be more than {gt}",
    "greater_than_equal": "it must be at least {ge}",
    "less_than": "it must be less than {lt}",
    "less_than_equal": "it must be at most {le}",
    "value_error": "{error}",
    "string_type": "that is no text",
    "string_too_short": "it must not be empty",
    "missing": "it must be three numbers",
    "too_long": "it must be three numbers",
}


def _default_data_dir() -> Path:
    return Path(platformdirs.user_data_dir("facegate", appauthor=False))


def _folder(value: object) -> object:
    """A path as typed, with ~ for the home folder; an empty one would be the working directory by accident."""
    if isinstance(value, str):
        if not value.strip():
            raise ValueError("it must not be empty")
        return Path(value).expanduser()
    return value.expanduser() if isinstance(value, Path) else value


_Folder = Annotated[Path, BeforeValidator(_folder)]
_Share = Annotated[float, Field(gt=0, lt=1)]


class Settings(BaseModel):
    """All settings, checked at start; the environment wins over the file, both over the defaults.

    A field ``min_face_px`` is set by ``FACEGATE_MIN_FACE_PX`` or by ``min_face_px = …`` in ``facegate.toml``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Where things are
    data: Annotated[_Folder, Field(description="Folder of the database, keys and model cache.")] = Field(
        default_factory=_default_data_dir
    )
    model_dir: Annotated[_Folder | None, Field(description="Folder searched for model files after the wheel.")] = None

    # Serving
    host: Annotated[str, Field(min_length=1, description="Address to bind.")] = "127.0.0.1"
    port: Annotated[
        int | None, Field(ge=0, le=65535, description="Port; unset: 5000, or the next free one. 0: any free one.")
    ] = None
    allowed_hosts: Annotated[
        tuple[str, ...], Field(description="Further exact `host[:port]` names the server answers to.")
    ] = ()
    public_scheme: Annotated[
        Literal["http", "https"], Field(description="What browsers see; https sets Secure cookies and HSTS.")
    ] = "http"
    live_access: Annotated[
        Literal["session", "open"], Field(description="`open` drops sign-in for live; loopback only.")
    ] = "session"
    live_access_open_off_loopback: Annotated[
        bool, Field(description="Second, explicit switch that `live_access=open` needs off loopback.")
    ] = False

    # Limits
    max_image_bytes: Annotated[int, Field(gt=0, description="Largest image file, bytes.")] = 10 * 1024 * 1024
    max_image_pixels: Annotated[int, Field(gt=0, description="Largest image, width times height.")] = 40_000_000
    max_image_side_px: Annotated[int, Field(gt=0, description="Longest side of an image.")] = 12_000
    max_message_bytes: Annotated[int, Field(gt=0, description="Largest socket message, bytes.")] = 1024 * 1024
    max_viewers: Annotated[int, Field(gt=0, description="Live sockets at a time.")] = 200
    max_frames_per_second: Annotated[int, Field(gt=0, description="Frames per second accepted from one socket.")] = 30
    inference_threads: Annotated[
        int | None, Field(gt=0, description="Native threads of the inference pool; unset: one per core.")
    ] = None
    max_waiting_frames: Annotated[
        int, Field(gt=0, description="Viewers that may wait for the pool before `overloaded` is said.")
    ] = 64

    # Vision
    min_face_px: Annotated[int, Field(ge=12, description="Smallest face box side that is looked for, px.")] = 40
    detection_thresholds: Annotated[
        tuple[_Share, _Share, _Share],
        Field(
            description="Scores a face must exceed in each network of the detector; lower finds more, also non-faces."
        ),
    ] = (0.6, 0.7, 0.8)
    max_faces: Annotated[int, Field(gt=0, description="Largest faces kept per picture.")] = 100
    name_eye_distance_px: Annotated[float, Field(ge=0, description="Eye distance from which people are named.")] = 20.0
    enroll_eye_distance_px: Annotated[
        float, Field(ge=0, description="Eye distance from which people are enrolled.")
    ] = 30.0

    # Decisions
    target_fmr: Annotated[float, Field(gt=0, lt=1, description="1:1 target false match rate.")] = 1e-3
    target_fpir: Annotated[float, Field(gt=0, lt=1, description="1:N target: how often a stranger may be named.")] = (
        1e-2
    )

    # Owner and operator
    setup_link_minutes: Annotated[int, Field(gt=0, description="Life of an owner link, minutes.")] = 30
    session_idle_minutes: Annotated[int, Field(gt=0, description="Idle limit of a session, minutes.")] = 60
    session_hours: Annotated[int, Field(gt=0, description="Absolute limit of a session, hours.")] = 24
    ticket_seconds: Annotated[int, Field(gt=0, description="Life of a socket ticket, seconds.")] = 30

    @property
    def is_loopback(self) -> bool:
        """Whether only this computer can connect."""
        return self.host in {"127.0.0.1", "::1", "localhost"}


def load_settings(*, environ: Mapping[str, str] | None = None, file: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings.

    Args:
        environ: variables to read; default `os.environ`.
        file: a TOML file; default `facegate.toml` in the working directory, when it is there.
        **overrides: values that win over both (command-line options); None means not given.

    Raises:
        InvalidSettings: an unknown name (with the nearest known one), or a value out of form or range.
    """
    environ = os.environ if environ is None else environ
    known = set(Settings.model_fields)
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}

    path = file or Path(FILE_NAME)
    if file is not None or path.is_file():
        for name, value in _read_toml(path).items():
            values[_known(name, known, name, str(path))] = value
            origin[name] = f"{name} in {path}"
    for variable, value in environ.items():
        if variable.startswith(PREFIX):
            name = _known(variable.removeprefix(PREFIX).lower(), known, variable, "the environment")
            values[name] = value.split(",") if name in _LISTS else value
            origin[name] = variable
    for name, value in overrides.items():
        if value is not None:
            values[name] = value
            origin[name] = f"--{name.replace('_', '-')}"
    try:
        settings = Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise InvalidSettings(
            f"{origin.get(name, name)} is {values.get(name)!r}: {_why(first)}. Change or unset it.",
            details={"setting": name},
        ) from None
    _refuse_unsafe(settings)
    return settings


def _why(error: ErrorDetails) -> str:
    return _WHY.get(error["type"], error["msg"]).format(**error.get("ctx", {}))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"{path} could not be read: {error}. Mend or remove it.") from None


def _known(name: str, known: set[str], shown: str, where: str) -> str:
    if name in known:
        return name
    nearest = difflib.get_close_matches(name, known | set(_MEANT), n=1, cutoff=0.5)
    meant = [_MEANT.get(each, each) for each in nearest]
    styled = PREFIX + meant[0].upper() if meant and shown.startswith(PREFIX) else (meant or [""])[0]
    hint = f" Did you mean {styled}?" if meant else " `facegate doctor` lists the settings."
    raise InvalidSettings(f"{shown} in {where} is not a setting.{hint}", details={"setting": shown})


def _refuse_unsafe(settings: Settings) -> None:
    if settings.live_access == "open" and not settings.is_loopback and not settings.live_access_open_off_loopback:
        raise InvalidSettings(
            f"FACEGATE_LIVE_ACCESS=open lets anyone on {settings.host} see names and enrol people. "
            "Bind 127.0.0.1, or set FACEGATE_LIVE_ACCESS_OPEN_OFF_LOOPBACK=true if that is meant.",
            details={"setting": "live_access"},
        )
    for host in settings.allowed_hosts:
        if not _HOST.fullmatch(host.strip()):
            raise InvalidSettings(
                f"FACEGATE_ALLOWED_HOSTS names {host!r}, which is not one exact host name, with or without a port. "
                "List exact names such as cam.example or cam.example:8443; there are no wildcards.",
                details={"setting": "allowed_hosts"},
            )
