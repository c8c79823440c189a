"""`facegate identify` for one video."""

import math
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from facegate.cli import shapes
from facegate.cli.appearances import Appearance, AppearanceLog, SeenPerson, people_seen
from facegate.cli.drawing import make_folder_of
from facegate.cli.job import Job
from facegate.cli.naming import in_words
from facegate.cli.output import JsonObject, columns, printable
from facegate.cli.sources import Source, existing
from facegate.cli.times import format_time
from facegate.errors import FaceRejected, InvalidImage
from facegate.imaging.decode import ImageLimits
from facegate.imaging.draw import Painter
from facegate.imaging.video import VideoReader, open_video
from facegate.imaging.video_writer import VideoWriter
from facegate.live.recognition import StreamRecognizer, overlay_of
from facegate.types import Match

# The text lists the longest appearances of strangers only; JSON and CSV have all.
_MOST_STRANGERS = 10


def identify_video(source: Source, job: Job) -> int:
    """Follow the faces of a video and say who was seen and when; how many people were named.

    Raises:
        InputError: the video cannot be read.
        FaceRejected: no frame shows a face.
    """
    started_s = time.perf_counter()
    with open_video(existing(source), limits=ImageLimits.from_settings(job.settings)) as video:
        log, last_ms = _follow(source, video, job)
    seconds = time.perf_counter() - started_s
    appearances = log.appearances()
    people = people_seen(appearances)
    if video.truncated:
        job.failures.note(source, _cut_short(source, video, last_ms))
    if not appearances:
        raise FaceRejected(
            f"No face found in {source.name} ({video.width}x{video.height}, {format_time(last_ms)}). "
            f"Faces must be at least {job.settings.min_face_px} px wide.",
            code="face_not_found",
            details={"video": source.shown},
        )
    if job.rows is not None:
        for each in appearances:
            job.rows.add(source.shown, each.match, first_ms=round(each.first_ms), last_ms=round(each.last_ms))
    job.out.json(
        {
            "video": source.shown,
            "width": video.width,
            "height": video.height,
            "duration_ms": round(last_ms),
            "truncated": video.truncated,
            "people": [_person_json(person) for person in people],
            "tracks": [_track_json(each) for each in appearances],
        }
    )
    _tell(source, job, people, appearances, last_ms, seconds)
    if job.target is not None:
        job.out.line(f"Drawn to {printable(str(job.target.copy(source)))}")
    return len(people)


def _cut_short(source: Source, video: VideoReader, last_ms: float) -> InvalidImage:
    return InvalidImage(
        f"{source.name} is cut short or damaged: {format_time(last_ms)} of {format_time(video.duration_ms)} could be "
        "read, and the answer holds for that part. Copy it again.",
        details={"video": source.shown},
    )


def _follow(source: Source, video: VideoReader, job: Job) -> tuple[AppearanceLog, float]:
    recognizer = StreamRecognizer(job.engine, job.people, job.table, job.settings)
    log, time_ms = AppearanceLog(), 0.0
    with ExitStack() as stack:
        step = stack.enter_context(job.out.progress(f"{source.name}: frame", video.frame_count or None))
        writer = None if job.target is None else stack.enter_context(_writer(job.target.copy(source), video))
        painter = Painter()
        for each in video:
            step(each.index)
            time_ms = each.time_ms
            sightings = recognizer.step(each.frame, time_ms)
            log.add(sightings, time_ms)
            if writer is not None:
                writer.write(painter.draw(each.frame, [overlay_of(one) for one in sightings]))
    return log, time_ms


def _writer(path: Path, video: VideoReader) -> VideoWriter:
    make_folder_of(path)
    fps = video.fps if math.isfinite(video.fps) and video.fps > 0 else 25.0
    return VideoWriter(path, width=video.width, height=video.height, fps=fps)


def _tell(
    source: Source,
    job: Job,
    people: Sequence[SeenPerson],
    appearances: Sequence[Appearance],
    duration_ms: float,
    seconds: float,
) -> None:
    out = job.out
    strangers = [each for each in appearances if each.match.status == "unknown"]
    counted = f"{len(people)} {'person' if len(people) == 1 else 'people'} named"
    more = f", {len(strangers)} unknown" if strangers else ""
    out.line(f"{printable(source.shown)} · {format_time(duration_ms)} · {counted}{more} · {seconds:.1f} s")
    rows = [_row(one.match, one.ranges_ms, job) for one in people]
    shown = sorted(strangers, key=lambda each: each.first_ms - each.last_ms)[:_MOST_STRANGERS]
    shown.sort(key=lambda each: each.first_ms)
    rows += [_row(each.match, [(each.first_ms, each.last_ms)], job) for each in shown]
    for index, line in enumerate(columns(rows)):
        out.line(f"  {out.colour(line, 'green') if index < len(people) else line}")
    if len(strangers) > len(shown):
        out.line(f"  and {len(strangers) - len(shown)} more unknown faces, shorter in view")
    brief = sum(each.match.status == "pending" for each in appearances)
    if brief:
        out.line(f"  {brief} {'face' if brief == 1 else 'faces'} too briefly in view, or too small, to be compared")


def _row(match: Match, ranges_ms: Sequence[tuple[float, float]], job: Job) -> tuple[str, str, str]:
    who, how_sure = in_words(match, job.table, job.settings)
    return who, ", ".join(f"{format_time(start)}–{format_time(end)}" for start, end in ranges_ms), how_sure


def _person_json(seen: SeenPerson) -> JsonObject:
    return {
        **shapes.decision(seen.match),
        "first_ms": round(seen.ranges_ms[0][0]),
        "last_ms": round(seen.ranges_ms[-1][1]),
        "ranges": [{"first_ms": round(start), "last_ms": round(end)} for start, end in seen.ranges_ms],
    }


def _track_json(each: Appearance) -> JsonObject:
    return {
        "track_id": each.track_id,
        "first_ms": round(each.first_ms),
        "last_ms": round(each.last_ms),
        **shapes.decision(each.match),
    }
