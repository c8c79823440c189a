"""Files that could not be used: the run goes on, they are told at the end, and the exit code is 1."""

import typer

from facegate.cli.output import EXIT_FAILED, Output, error_json, printable
from facegate.cli.sources import Source
from facegate.config import Settings
from facegate.errors import FacegateError, FaceRejected
from facegate.types import Faces


class Failures:
    """Collects what went wrong with single files of one run."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._told: list[tuple[str, FacegateError]] = []
        self._looked_at = 0

    def expect(self, files: int) -> None:
        """So many more files are looked at."""
        self._looked_at += files

    def add(self, source: Source, error: FacegateError, *, kind: str = "image", **fields: object) -> None:
        """Note one failure; with `--json` its object is printed at once, in the file's place."""
        self.note(source, error)
        self._out.json({kind: source.shown, **fields, "error": error_json(error)})

    def note(self, source: Source, error: FacegateError) -> None:
        """Note the failure of a file whose JSON object the caller prints."""
        self._told.append((source.shown, error))

    def end(self) -> None:
        """Tell what went wrong and exit 1, or do nothing when nothing did."""
        self.tell()
        if self._told:
            raise typer.Exit(EXIT_FAILED)

    def tell(self) -> None:
        """Say what went wrong, if anything did."""
        if not self._told:
            return
        if self._looked_at == 1:
            self._out.complain(self._told[0][1])
        else:
            self._out.warn(f"{len(self._told)} of {self._looked_at} files could not be used:")
            for shown, error in self._told:
                self._out.warn(f"  {printable(shown)}  {printable(error.message)} [{error.code}]")


def no_face(source: Source, faces: Faces, settings: Settings) -> FaceRejected:
    """The failure of a readable picture without a face."""
    smaller = max(12, settings.min_face_px // 2)
    cure = f"a closer picture, or --min-face {smaller}" if settings.min_face_px > smaller else "a closer picture"
    return FaceRejected(
        f"No face found in {source.name} ({faces.width}x{faces.height}). "
        f"Faces must be at least {settings.min_face_px} px wide. Try {cure}.",
        code="face_not_found",
        details={"image": source.shown, "width": faces.width, "height": faces.height},
    )
