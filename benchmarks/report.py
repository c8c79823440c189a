"""Results as one table, in Markdown for people and JSON for programs."""

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.protocol import ROOT


@dataclass(frozen=True)
class Figure:
    """One row.

    Attributes:
        name: what was measured.
        ours: of facegate.
        unit: of both.
        goal: as words; empty when there is none.
        met: whether the goal is reached, None without a goal.
        peer: of face_recognition, None where it has nothing alike.
        ratio: peer over ours.
        note: what a reader must know.
    """

    name: str
    ours: float
    unit: str
    goal: str = ""
    met: bool | None = None
    peer: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return None if self.peer is None else self.peer / self.ours


def machine() -> dict[str, str]:
    """What the figures depend on."""
    head = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "load before": " ".join(f"{load:.1f}" for load in os.getloadavg()) if hasattr(os, "getloadavg") else "",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "onnxruntime": version("onnxruntime"),
        "commit": head,
    }


def markdown(date: str, about: dict[str, str], figures: list[Figure]) -> str:
    lines = [
        f"# Benchmark of {date}",
        "",
        ", ".join(f"{name} {value}" for name, value in about.items() if value),
        "",
        "| figure | facegate | face_recognition | ratio | goal | |",
        "| --- | ---: | ---: | ---: | --- | --- |",
    ]
    for figure in figures:
        peer = "" if figure.peer is None else f"{_number(figure.peer)} {figure.unit}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:.1f}x"
        met = {None: "", True: "met", False: "**missed**"}[figure.met]
        lines.append(
            f"| {figure.name} | {_number(figure.ours)} {figure.unit} | {peer} | {ratio} | {figure.goal} | {met} |"
        )
    notes = [f"- {figure.name}: {figure.note}" for figure in figures if figure.note]
    return "\n".join([*lines, "", *notes, ""])


def write(folder: Path, date: str, about: dict[str, str], figures: list[Figure]) -> Path:
    """Write DATE.md and DATE.json; answers the Markdown file."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{**asdict(figure), "ratio": figure.ratio} for figure in figures]
    (folder / f"{date}.json").write_text(
        json.dumps({"date": date, "machine": about, "figures": rows}, indent=1, ensure_ascii=False) + "\n", "utf-8"
    )
    path = folder / f"{date}.md"
    path.write_text(markdown(date, about, figures), "utf-8")
    return path


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
