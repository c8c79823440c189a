"""`facegate verify`."""

from typing import Annotated

import typer

from facegate.cli.one_face import read_one_face
from facegate.cli.options import ExitCode, Json, MinFace, Quiet, TargetFmr, single
from facegate.cli.output import EXIT_NO, reporting
from facegate.cli.sources import Source, expand
from facegate.cli.words import rate
from facegate.config import load_settings
from facegate.errors import InvalidRequest
from facegate.matching.decide import Verification
from facegate.matching.decide import verify as decide
from facegate.matching.table import CalibrationTable, load_table
from facegate.matching.words import share, strength
from facegate.vision.engine import FaceEngine

app = single()


@app.command("verify", epilog="Example: facegate verify passport.jpg selfie.jpg --target-fmr 1e-4")
def verify(
    first: Annotated[str, typer.Argument(metavar="PICTURE", help="One picture, or - for stdin.")],
    second: Annotated[str, typer.Argument(metavar="PICTURE", help="The other picture.")],
    target_fmr: TargetFmr = None,
    largest: Annotated[bool, typer.Option("--largest", help="Of several faces take the largest.")] = False,
    min_face: MinFace = None,
    exit_code: ExitCode = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say whether two pictures show the same person.

    A face in the background, less than half as wide as the largest, is passed over. The odds come from the calibration
    table and hold for adults who are not related.
    """
    with reporting(as_json=as_json, quiet=quiet) as out:
        settings = load_settings(target_fmr=target_fmr, min_face_px=min_face)
        sources = [_one(first), _one(second)]
        if first == second == "-":
            raise InvalidRequest("stdin holds one picture; only one of the two can be -. Name the other file.")
        with FaceEngine.open("default", settings=settings) as engine:
            one, other = (read_one_face(source, engine, settings, largest=largest) for source in sources)
            table = load_table(engine.recipe_id)
        answer = decide(one.similarity(other), table, target_fmr=settings.target_fmr)
        out.json(
            {
                "matched": answer.matched,
                "similarity": answer.similarity,
                "threshold": answer.threshold,
                "target_fmr": answer.target_fmr,
                "fmr": answer.fmr,
            }
        )
        verdict = in_words(answer, table)
        out.line(out.colour(verdict, "green" if answer.matched else "yellow"))
        if exit_code and not answer.matched:
            raise typer.Exit(EXIT_NO)


def in_words(answer: Verification, table: CalibrationTable) -> str:
    """The answer as people read it."""
    shown = share(answer.fmr, table.smallest_fmr)
    asked = f"you asked for 1 in {1 / answer.target_fmr:,.0f} (--target-fmr {rate(answer.target_fmr)})"
    if answer.matched:
        return f"Same person, {strength(answer.fmr)}. {_sentence(shown)} strangers look this alike; {asked}."
    return f"Not taken for the same person. {_sentence(shown)} strangers look this alike; {asked}."


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _one(argument: str) -> Source:
    sources = expand([argument])
    if len(sources) != 1 or (sources[0].path is not None and sources[0].shown != argument):
        raise InvalidRequest(f"{argument} is a folder; verifying compares two pictures. Name a file.")
    return sources[0]
