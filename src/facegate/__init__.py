"""facegate: self-hosted face recognition.

`from facegate import FaceEngine` loads the engine's modules on first use, so that `import facegate` stays quick.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facegate.vision.engine import FaceEngine

__all__ = ["FaceEngine"]


def __getattr__(name: str) -> Any:
    if name == "FaceEngine":
        from facegate.vision.engine import FaceEngine

        return FaceEngine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
