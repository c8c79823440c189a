"""Points in time inside a video, as people write them."""

import re

from facegate.errors import InvalidRequest

_FORM = re.compile(r"(?:(?:(?P<hours>\d+):)?(?P<minutes>\d+):)?(?P<seconds>\d+(?:\.\d*)?)")


def parse_time_ms(text: str) -> int:
    """Milliseconds of `12`, `12.5` (seconds), `1:02.5` or `1:00:02`.

    Raises:
        InvalidRequest: another form.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise InvalidRequest(f"{text!r} is not a time. Write seconds or minutes:seconds, such as 12.5 or 1:02.5.")
    hours, minutes = int(match["hours"] or 0), int(match["minutes"] or 0)
    return round(((hours * 60 + minutes) * 60 + float(match["seconds"])) * 1000)


def format_time(time_ms: float) -> str:
    """`0:02.4`, or `1:00:02.4` from an hour on; tenths are cut, not rounded."""
    tenths = int(time_ms // 100)
    seconds, tenth = divmod(tenths, 10)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    clock = f"{hours}:{minute:02}" if hours else str(minute)
    return f"{clock}:{second:02}.{tenth}"
