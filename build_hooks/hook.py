"""What hatchling runs before it packs: converts the weights, builds the page and the fonts.

Everything is made in the source tree (git ignores it) and taken into the wheel by `artifacts` of pyproject.toml. What
is there already and up to date is left alone.
"""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_ROOT = Path(__file__).resolve().parent.parent
# hatchling loads this file by its path; the modules beside it and the catalogue are found from here.
sys.path[:0] = [str(_ROOT), str(_ROOT / "src")]


class FacegateBuildHook(BuildHookInterface[Any]):
    """Weights, page and fonts."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node.js from a Python package, where the page must be built and the machine has no usable one."""
        from build_hooks import node

        is_sdist = (_ROOT / "PKG-INFO").is_file()
        return [] if is_sdist or node.on_path() else [node.REQUIREMENT]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make what the target needs: the sdist carries page and fonts, the wheel (also an editable one) everything.

        Raises:
            SystemExit: something could not be made; the message says what and how to mend it.
        """
        from build_hooks.page import build_page_and_fonts

        try:
            made = build_page_and_fonts(_ROOT)
            if self.target_name == "wheel":
                from build_hooks.weights import build_weights

                made += build_weights(_ROOT / "src/facegate/models/weights")
        except RuntimeError as error:  # the builders' own errors; anything else keeps its traceback
            raise SystemExit(f"facegate could not be built. {error}") from error
        if made:
            self.app.display_info(f"facegate: made {', '.join(made)}")
