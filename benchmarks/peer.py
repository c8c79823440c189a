"""`make bench`: time and memory beside face_recognition, on the same frames in the same run.

    python -m benchmarks.peer [--only SECTION ...] [--quick] [--date DAY] [--out DIR]

Sections: webcam, classroom, embedding, help, ready, memory, size. A run takes about ten minutes; `--quick` looks at a
tenth of the frames and skips the installed size.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks import clips, environments, server
from benchmarks.protocol import ROOT, Worker
from benchmarks.report import Figure, machine, markdown, write
from facegate.evaluation.dataset import shared_data

CHUNK = 20
WARM_UP = 3


class Bench:
    """One run: where its data lies, how thorough it is, and the bar that tells how far it is."""

    def __init__(self, data: Path, scratch: Path, quick: bool, progress: Progress) -> None:
        self.data = data
        self.scratch = scratch
        self.quick = quick
        self.progress = progress

    def webcam(self) -> list[Figure]:
        return [self._clip("webcam-head-turns.mp4", "webcam clip, detect and embed", 10 if self.quick else 1, 6.0)]

    def classroom(self) -> list[Figure]:
        return [
            self._clip("classroom-nine-faces.mp4", "classroom clip, detect and embed", 40 if self.quick else 4, None)
        ]

    def _clip(self, video: str, name: str, step: int, goal: float | None) -> Figure:
        stored = self.scratch / f"{video}.{step}.npy"
        count = clips.decode_clip(self.data / "video" / video, stored, step)
        task = self.progress.add_task(name, total=count)
        ours: dict[str, list[float]] = {"times_ms": [], "faces": []}
        peer: dict[str, list[float]] = {"times_ms": [], "faces": []}
        with self._ours() as us, self._peer() as them:
            for worker in (us, them):
                worker.ask(op="frames", path=str(stored), indices=list(range(min(WARM_UP, count))))
            for start in range(0, count, CHUNK):
                indices = list(range(start, min(start + CHUNK, count)))
                for worker, found in ((us, ours), (them, peer)):
                    answer = worker.ask(op="frames", path=str(stored), indices=indices)
                    found["times_ms"] += answer["times_ms"]
                    found["faces"] += answer["faces"]
                self.progress.update(task, completed=indices[-1] + 1)
        median, peer_median = statistics.median(ours["times_ms"]), statistics.median(peer["times_ms"])
        return Figure(
            f"{name}, per frame",
            median,
            "ms",
            goal=f"at least {goal:g}x" if goal else "",
            met=peer_median / median >= goal if goal else None,
            peer=peer_median,
            note=f"{count} frames ({'all' if step == 1 else f'one in {step}'}), each from nothing, no tracking; "
            f"medians; means {statistics.fmean(ours['times_ms']):.1f} and "
            f"{statistics.fmean(peer['times_ms']):.1f} ms; faces per frame "
            f"{statistics.fmean(ours['faces']):.2f} and {statistics.fmean(peer['faces']):.2f}",
        )

    def embedding(self) -> list[Figure]:
        stored = self.scratch / "chips.npy"
        with np.load(self.data / "golden" / "dlib-reference.npz") as golden:
            np.save(stored, golden["chips"])
        rounds = 2 if self.quick else 6
        task = self.progress.add_task("embedding", total=rounds)
        times: dict[str, list[float]] = {"plain": [], "mirror": [], "peer": []}
        with self._ours() as us, self._peer() as them:
            pinned = us.ask(op="pin")["pinned"] and them.ask(op="pin")["pinned"]
            us.ask(op="chips", path=str(stored), mirror=True, repeats=1)
            them.ask(op="chips", path=str(stored), repeats=1)
            for number in range(rounds):
                times["plain"] += us.ask(op="chips", path=str(stored), mirror=False, repeats=2)["times_ms"]
                times["mirror"] += us.ask(op="chips", path=str(stored), mirror=True, repeats=2)["times_ms"]
                times["peer"] += them.ask(op="chips", path=str(stored), repeats=1)["times_ms"]
                self.progress.update(task, completed=number + 1)
        plain, mirror, peer = (statistics.median(times[kind]) for kind in ("plain", "mirror", "peer"))
        where = "one core" if pinned else "not pinned: this system cannot"
        return [
            Figure(
                "embedding, one chip, the same network",
                plain,
                "ms",
                goal="at least 10x",
                met=peer / plain >= 10,
                peer=peer,
                note=f"{where}, mirror off on our side, medians",
            ),
            Figure(
                "embedding, one chip, as shipped",
                mirror,
                "ms",
                peer=peer,
                note=f"{where}, with the mirror image averaged in, which the peer does not do",
            ),
        ]

    def help(self) -> list[Figure]:
        seconds = server.help_seconds()
        return [Figure("facegate --help", seconds, "s", goal="under 0.4 s", met=seconds < 0.4)]

    def ready(self) -> list[Figure]:
        seconds = server.ready_seconds()
        return [
            Figure(
                "server ready",
                seconds,
                "s",
                goal="within 4 s",
                met=seconds <= 4,
                note=f"from the command until /readyz answers 200, empty database, median of {server.STARTS}",
            )
        ]

    def memory(self) -> list[Figure]:
        stored = self.scratch / "memory.npy"
        clips.decode_clip(self.data / "video" / "webcam-head-turns.mp4", stored, 2)
        task = self.progress.add_task("memory", total=1.0)
        found = server.live_memory_mb(
            clips.jpeg_frames(stored, 120),
            8 if self.quick else 40,
            lambda share: self.progress.update(task, completed=share),
        )
        return [
            Figure(
                "resident memory, one viewer",
                found["with_viewer"],
                "MB",
                goal="under 450 MB",
                met=found["with_viewer"] < 450,
                note=f"at rest {found['at_rest']:.0f} MB; {found['answered_per_s']:.1f} answers/s asked for "
                f"{server.FRAMES_PER_S}, {found['latency_ms']:.0f} ms each (median), "
                f"{found['faces_per_frame']:.2f} faces per frame",
            )
        ]

    def size(self) -> list[Figure]:
        sizes = environments.installed_size_mb()
        total, wheel = sizes.pop("total"), sizes.pop("wheel")
        largest = ", ".join(f"{name} {size:.0f}" for name, size in sizes.items())
        return [
            Figure(
                "installed size",
                total,
                "MB",
                goal="at most 500 MB",
                met=total <= 500,
                note=f"our wheel ({wheel:.1f} MB) and all it depends on in a new environment, without pip, "
                f"with compiled bytecode; largest: {largest}",
            )
        ]

    def _ours(self) -> Worker:
        return Worker(sys.executable, "benchmarks.worker_facegate")

    def _peer(self) -> Worker:
        return Worker(environments.peer_python(), "benchmarks.worker_peer")


SECTIONS: dict[str, Callable[[Bench], list[Figure]]] = {
    "webcam": Bench.webcam,
    "classroom": Bench.classroom,
    "embedding": Bench.embedding,
    "help": Bench.help,
    "ready": Bench.ready,
    "memory": Bench.memory,
    "size": Bench.size,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peer", description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=SECTIONS, metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="a tenth of the frames, no installed size")
    parser.add_argument("--data", type=Path, default=shared_data(), help="folder of the shared test data")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the results")
    parser.add_argument("--date", default=datetime.now(UTC).date().isoformat(), help="name of the results")
    options = parser.parse_args()
    if not (options.data / "video").is_dir():
        parser.error(f"the clips are not in {options.data / 'video'}; set SHARED_DATA to the folder of the test data")
    names = options.only or [name for name in SECTIONS if not (options.quick and name == "size")]
    about = machine()
    figures: list[Figure] = []
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as scratch, Progress(console=console, disable=not console.is_terminal) as bar:
        bench = Bench(options.data, Path(scratch), options.quick, bar)
        for name in names:
            bar.console.print(f"{name} …")
            figures += SECTIONS[name](bench)
    print(markdown(options.date, about, figures))
    if options.quick or options.only:
        print("Not written to a file: this was only a part of the measurement.")
    else:
        print(f"Written to {write(options.out, options.date, about, figures)}")


if __name__ == "__main__":
    main()
