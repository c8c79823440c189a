"""`facegate identify`."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from facegate.app.services import Services
from facegate.cli import shapes
from facegate.cli.against import people_of_folder
from facegate.cli.detect import headline
from facegate.cli.drawing import DrawTarget, write_picture
from facegate.cli.failures import Failures, no_face
from facegate.cli.identify_video import identify_video
from facegate.cli.job import Job
from facegate.cli.naming import in_words, name_faces, overlay
from facegate.cli.options import Data, ExitCode, Json, MaxFaces, MinFace, Quiet, TargetFpir, single
from facegate.cli.output import EXIT_NO, Output, columns, printable, reporting
from facegate.cli.rows import csv_rows, refuse_csv_over
from facegate.cli.sources import Source, expand, read_frame
from facegate.config import Settings, load_settings
from facegate.errors import FacegateError
from facegate.matching.table import load_table
from facegate.vision.engine import FaceEngine

app = single()


@app.command("identify", epilog="Example: facegate identify party.jpg --draw out.jpg")
def identify(
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE", help="Pictures, videos, folders of them, or - for stdin.")
    ],
    against: Annotated[
        Path | None,
        typer.Option(
            "--against",
            metavar="DIR",
            help="Name the people of this folder instead of the enrolled ones: a subfolder, or a picture, each.",
        ),
    ] = None,
    draw: Annotated[
        Path | None,
        typer.Option(
            "--draw",
            metavar="PATH",
            help="Write annotated copies: a picture, an .mp4 video (names as they were known by then), or a folder.",
        ),
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the answers as CSV too.")] = None,
    target_fpir: TargetFpir = None,
    min_face: MinFace = None,
    max_faces: MaxFaces = None,
    exit_code: ExitCode = False,
    data: Data = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say who is in pictures, folders of pictures and videos.

    Every face gets a name or "Unknown", with the strength of the match in words and odds. A video answers with the
    people seen and when. With --json every picture or video is one object on a line of its own. A file that cannot be
    used is told at the end; the others are still done. With --exit-code, 3 means that no face got a name.
    """
    with reporting(as_json=as_json, quiet=quiet) as out:
        settings = load_settings(data=data, target_fpir=target_fpir, min_face_px=min_face, max_faces=max_faces)
        given = expand(sources)
        target = None if draw is None else DrawTarget.of(draw, given)
        if csv is not None:
            refuse_csv_over(given, csv)
        failures = Failures(out)
        failures.expect(len(given))
        with ExitStack() as stack:
            named = _identify_all(given, _job(settings, against, csv, target, failures, out, stack))
        failures.end()
        if exit_code and not named:
            raise typer.Exit(EXIT_NO)


def _identify_all(sources: Sequence[Source], job: Job) -> int:
    """How many faces and people got a name."""
    named = 0
    for index, source in enumerate(sources):
        video = source.is_video
        try:
            if video:
                named += identify_video(source, job)
            else:
                with job.out.progress("Looking", len(sources)) as step:
                    step(index, source.shown)
                    named += _identify_picture(source, job)
        except FacegateError as error:
            job.failures.add(source, error, kind="video" if video else "image")
    return named


def _job(
    settings: Settings,
    against: Path | None,
    csv: Path | None,
    target: DrawTarget | None,
    failures: Failures,
    out: Output,
    stack: ExitStack,
) -> Job:
    if against is None:
        services = stack.enter_context(Services.open(settings))
        engine, people, table = services.engine, services.gallery, services.table
    else:
        engine = stack.enter_context(FaceEngine.open("default", settings=settings))
        people = people_of_folder(against, engine, settings, out, failures)
        table = load_table(engine.recipe_id)
    rows = None if csv is None else stack.enter_context(csv_rows(csv, table))
    return Job(settings, engine, people, table, target, rows, out, failures)


def _identify_picture(source: Source, job: Job) -> int:
    frame = read_frame(source, job.settings)
    started_s = time.perf_counter()
    faces = job.engine.analyze(frame)
    matches = name_faces(faces, job.people, job.table, job.settings)
    seconds = time.perf_counter() - started_s
    if not faces:
        job.failures.add(source, no_face(source, faces, job.settings), faces=[])
        return 0
    pairs = list(zip(faces, matches, strict=True))
    if job.target is not None:
        write_picture(job.target.copy(source), frame, [overlay(face, match) for face, match in pairs])
    if job.rows is not None:
        for face, match in pairs:
            job.rows.add(source.shown, match, box=face.box)
    job.out.json(
        {
            "image": source.shown,
            "faces": [shapes.identified(face, match, faces.width, faces.height) for face, match in pairs],
        }
    )
    job.out.line(headline(source, len(faces), seconds))
    rows = [
        (str(number), *in_words(match, job.table, job.settings, eye_distance_px=face.quality.eye_distance_px))
        for number, (face, match) in enumerate(pairs, 1)
    ]
    for line, match in zip(columns(rows), matches, strict=True):
        job.out.line(f"  {job.out.colour(line, 'green') if match.status == 'matched' else line}")
    if job.target is not None:
        job.out.line(f"Drawn to {printable(str(job.target.copy(source)))}")
    return sum(match.status == "matched" for match in matches)
