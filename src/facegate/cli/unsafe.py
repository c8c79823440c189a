"""How settings are shown, and which of their values weaken what protects people."""

from dataclasses import dataclass
from typing import cast

from facegate.config import PREFIX, Settings


@dataclass(frozen=True, slots=True)
class Weakness:
    """A setting whose value is allowed and weakens something.

    Attributes:
        setting: its name.
        text: what the value means.
        fix: how to undo it.
    """

    setting: str
    text: str
    fix: str


_HIGHEST: tuple[tuple[str, float, str], ...] = (
    ("target_fmr", 1e-3, "two strangers are taken for one person more often than 1 in 1,000"),
    ("target_fpir", 5e-2, "a stranger gets somebody's name more often than 1 in 20"),
    ("setup_link_minutes", 60, "a link that makes its opener the owner lives long"),
    ("session_idle_minutes", 60, "a browser left alone stays signed in"),
    ("session_hours", 24, "a stolen session lives long"),
    ("ticket_seconds", 60, "a stolen socket ticket lives long"),
    ("max_image_bytes", 32 * 1024 * 1024, "large uploads can fill the memory"),
    ("max_image_pixels", 100_000_000, "small files that unpack to large pictures can fill the memory"),
    ("max_message_bytes", 4 * 1024 * 1024, "large socket messages can fill the memory"),
)
_LOWEST: tuple[tuple[str, float, str], ...] = (
    ("name_eye_distance_px", 20, "faces too small for the calibration get names"),
    ("enroll_eye_distance_px", 30, "people are enrolled from faces too small to recognise them by"),
)


def weaknesses(settings: Settings) -> list[Weakness]:
    """All settings whose values weaken a protection."""
    found = [
        _past(settings, name, "is above", limit, why) for name, limit, why in _HIGHEST if _value(settings, name) > limit
    ]
    found += [
        _past(settings, name, "is below", limit, why) for name, limit, why in _LOWEST if _value(settings, name) < limit
    ]
    if settings.live_access == "open":
        everyone = "every user of this computer" if settings.is_loopback else f"anyone who reaches {settings.host}"
        found.append(
            Weakness(
                "live_access",
                f"{_variable('live_access')}=open: {everyone} sees names and enrols people",
                _unset("live_access"),
            )
        )
    if not settings.is_loopback and settings.public_scheme == "http":
        found.append(
            Weakness(
                "public_scheme",
                f"Bound to {settings.host} over http: faces and sessions travel unencrypted, and other devices' "
                "browsers give no camera",
                f"put an https proxy before it and set {_variable('public_scheme')}=https, or bind 127.0.0.1",
            )
        )
    return found


def shown_value(settings: Settings, name: str) -> str:
    """A setting's value as text, marked where it is not the default."""
    value: object = getattr(settings, name)
    changed = value != Settings.model_fields[name].get_default(call_default_factory=True)
    return f"{shown(value)} (set)" if changed else shown(value)


def shown(value: object) -> str:
    """A value as it is typed into a variable."""
    if value is None or value == ():
        return "unset"
    if isinstance(value, tuple):
        return ",".join(map(str, cast("tuple[object, ...]", value)))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _past(settings: Settings, name: str, how: str, limit: float, why: str) -> Weakness:
    return Weakness(name, f"{_variable(name)}={_value(settings, name):g} {how} {limit:g}: {why}", _unset(name))


def _value(settings: Settings, name: str) -> float:
    return float(getattr(settings, name))


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _unset(name: str) -> str:
    return f"unset {_variable(name)}"
