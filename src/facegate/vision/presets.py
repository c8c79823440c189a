"""The engines that can be opened by name, and the detectors and embedders they are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from facegate.config import Settings
from facegate.models.catalog import spec_of
from facegate.models.runtime import Network
from facegate.vision.align import Aligner, FivePointAligner
from facegate.vision.detect.base import Detector
from facegate.vision.detect.mtcnn import MtcnnDetector, MtcnnNetworks, MtcnnOptions
from facegate.vision.embed.base import Embedder
from facegate.vision.embed.dlib_resnet import DlibEmbedder
from facegate.vision.recipe import Recipe

_EMBEDDING = spec_of("dlib-resnet29")


@dataclass(frozen=True, slots=True)
class Parts:
    """What an engine is made of."""

    detector: Detector
    aligner: Aligner
    embedder: Embedder


def _mtcnn(settings: Settings) -> Detector:
    networks = MtcnnNetworks.open(model_dir=settings.model_dir)
    return MtcnnDetector(
        networks, MtcnnOptions(min_face_px=settings.min_face_px, thresholds=settings.detection_thresholds)
    )


def default_recipe() -> Recipe:
    """The recipe of the preset `default`, without loading its networks."""
    return Recipe.of("default", _EMBEDDING, alignment=FivePointAligner.name, preprocessing="dlib-mean-256")


def _dlib(settings: Settings) -> Embedder:
    return DlibEmbedder(Network.open(_EMBEDDING, model_dir=settings.model_dir), default_recipe())


def _default(settings: Settings) -> Parts:
    return Parts(_mtcnn(settings), FivePointAligner(), _dlib(settings))


DETECTORS: Mapping[str, Callable[[Settings], Detector]] = MappingProxyType({"mtcnn": _mtcnn})
EMBEDDERS: Mapping[str, Callable[[Settings], Embedder]] = MappingProxyType({"dlib": _dlib})
PRESETS: Mapping[str, Callable[[Settings], Parts]] = MappingProxyType({"default": _default})
