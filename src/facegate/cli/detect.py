"""`facegate detect`."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from facegate.cli import shapes
from facegate.cli.drawing import DrawTarget, write_picture
from facegate.cli.failures import Failures, no_face
from facegate.cli.options import Json, MaxFaces, MinFace, Quiet, single
from facegate.cli.output import Output, columns, printable, reporting
from facegate.cli.sources import Source, expand, read_frame
from facegate.config import Settings, load_settings
from facegate.errors import FacegateError
from facegate.imaging.draw import Overlay
from facegate.types import Face, Faces
from facegate.vision.engine import FaceEngine

app = single()


@app.command("detect", epilog="Example: facegate detect party.jpg --draw boxes.jpg")
def detect(
    pictures: Annotated[list[str], typer.Argument(metavar="PICTURE", help="Pictures, folders, or - for stdin.")],
    draw: Annotated[
        Path | None, typer.Option("--draw", metavar="PATH", help="Write annotated copies: a picture, or a folder.")
    ] = None,
    min_face: MinFace = None,
    max_faces: MaxFaces = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find the faces in pictures.

    Folders are searched with all folders below them. With --json every picture is one object on a line of its own:
    image, faces with box, landmarks, detection score and quality. A file that cannot be used is told at the end; the
    others are still done.
    """
    with reporting(as_json=as_json, quiet=quiet) as out:
        settings = load_settings(min_face_px=min_face, max_faces=max_faces)
        sources = expand(pictures)
        target = None if draw is None else DrawTarget.of(draw, sources)
        failures = Failures(out)
        failures.expect(len(sources))
        with FaceEngine.open("default", settings=settings) as engine, out.progress("Looking", len(sources)) as step:
            for index, source in enumerate(sources):
                step(index, source.shown)
                try:
                    _detect_one(source, engine, settings, target, out, failures)
                except FacegateError as error:
                    failures.add(source, error)
        failures.end()


def _detect_one(
    source: Source,
    engine: FaceEngine,
    settings: Settings,
    target: DrawTarget | None,
    out: Output,
    failures: Failures,
) -> None:
    frame = read_frame(source, settings)
    started_s = time.perf_counter()
    faces = engine.analyze(frame, embed=False)
    seconds = time.perf_counter() - started_s
    if not faces:
        failures.add(source, no_face(source, faces, settings), faces=[])
        return
    if target is not None:
        write_picture(target.copy(source), frame, _overlays(faces))
    out.json({"image": source.shown, "faces": [shapes.detected(face, faces.width, faces.height) for face in faces]})
    out.line(headline(source, len(faces), seconds))
    for line in columns([_row(index, face) for index, face in enumerate(faces, 1)]):
        out.line(f"  {line}")
    if target is not None:
        out.line(f"Drawn to {printable(str(target.copy(source)))}")


def headline(source: Source, faces: int, seconds: float) -> str:
    """The line above the faces of one picture."""
    counted = f"{faces} {'face' if faces == 1 else 'faces'}"
    return f"{printable(source.shown)} · {counted} · {seconds:.2f} s"


def _row(number: int, face: Face) -> Sequence[str]:
    left, top, right, bottom = (round(float(edge)) for edge in face.box)
    measured = face.quality
    return (
        str(number),
        f"{right - left} x {bottom - top} px at {left},{top}",
        f"{measured.eye_distance_px:.0f} px between the eyes",
        f"sharpness {measured.sharpness:.0f}",
        f"brightness {measured.brightness:.0f}",
    )


def _overlays(faces: Faces) -> list[Overlay]:
    return [Overlay(face.box, "pending", str(number)) for number, face in enumerate(faces, 1)]
