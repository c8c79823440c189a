"""The catalogue of networks: one row each, with the digest its file must have.

The files are written when the wheel is built (``build_hooks/``), from weights that come with registry packages; the
build stops when a source or a result has another digest than its row says.
"""

from dataclasses import dataclass
from typing import Literal

from facegate.errors import NotFound

Task = Literal["detect", "landmarks", "embed"]


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One network.

    Attributes:
        name: how it is asked for.
        file: name of the ONNX file.
        sha256: digest of the ONNX file, hexadecimal.
        size_bytes: its size.
        task: what it does.
        title: what it is, for people.
        licence: SPDX identifier of the weights' licence.
        commercial_use: whether that licence lets the weights be used in a product.
        source: where the weights come from, `package version: path inside the package`.
        source_sha256: digest of that file.
        dimension: numbers in one embedding; None unless the task is `embed`.
    """

    name: str
    file: str
    sha256: str
    size_bytes: int
    task: Task
    title: str
    licence: str
    commercial_use: bool
    source: str
    source_sha256: str
    dimension: int | None = None

    def __post_init__(self) -> None:
        for digest in (self.sha256, self.source_sha256):
            if len(digest) != 64 or digest.strip("0123456789abcdef"):
                raise ValueError(f"{self.name}: {digest!r} is not a SHA-256 digest in lower-case hexadecimal")
        if (self.dimension is not None) != (self.task == "embed"):
            raise ValueError(f"{self.name}: a dimension belongs to the task embed, and only to it")


CATALOG: tuple[ModelSpec, ...] = (
    ModelSpec(
        name="mtcnn-pnet",
        file="mtcnn-pnet.onnx",
        sha256="342b93020e51f41eff8efff974e5749b375bf25b00dc02ce6938486ae2d6e189",
        size_bytes=28_161,
        task="detect",
        title="MTCNN proposal network",
        licence="MIT",
        commercial_use=True,
        source="mtcnn 1.0.0: assets/weights/pnet.lz4",
        source_sha256="ea6b0c3e685ebee3165326ad6484acc95f2ef78f1c94fbf40a55704fa989f7b5",
    ),
    ModelSpec(
        name="mtcnn-rnet",
        file="mtcnn-rnet.onnx",
        sha256="1bc5a39593ca30fac5976e728d693f3ea568b42a67df18fd39617a101501ebfb",
        size_bytes=403_781,
        task="detect",
        title="MTCNN refinement network",
        licence="MIT",
        commercial_use=True,
        source="mtcnn 1.0.0: assets/weights/rnet.lz4",
        source_sha256="cb00e6460f3c98b0bfafaba3c0a0ded4bdf6e62cee7174d969e8670d7e757fee",
    ),
    ModelSpec(
        name="mtcnn-onet",
        file="mtcnn-onet.onnx",
        sha256="0d3f113c87255f3a8fa6e2a3ad132a30cc72c20c8734e805619bc43338c955f7",
        size_bytes=1_558_453,
        task="detect",
        title="MTCNN output network, with landmarks",
        licence="MIT",
        commercial_use=True,
        source="mtcnn 1.0.0: assets/weights/onet.lz4",
        source_sha256="94f6ea2f4cf985275ee958cdd762d17b6009348a4fb9d8c6be39ba73ffd22ca3",
    ),
    ModelSpec(
        name="dlib-resnet29",
        file="dlib-resnet29.onnx",
        sha256="12aed65114fd576cc6c56438a7096c65b81aa3d599efa346f560ba73b3da422c",
        size_bytes=22_607_437,
        task="embed",
        title="dlib face recognition ResNet, 29 convolutions",
        licence="CC0-1.0",
        commercial_use=True,
        source="face_recognition_models 0.3.0: models/dlib_face_recognition_resnet_model_v1.dat",
        source_sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        dimension=128,
    ),
    ModelSpec(
        name="dlib-landmarks5",
        file="dlib-landmarks5.onnx",
        sha256="dbaf1618fda84e745c0d96757a64e0e87be5ff79582314c675f10a2d945e4336",
        size_bytes=7_263_701,
        task="landmarks",
        title="dlib 5-point shape predictor",
        licence="CC0-1.0",
        commercial_use=True,
        source="face_recognition_models 0.3.0: models/shape_predictor_5_face_landmarks.dat",
        source_sha256="c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
    ),
)


def spec_of(name: str) -> ModelSpec:
    """The row called `name`.

    Raises:
        NotFound: there is none.
    """
    for spec in CATALOG:
        if spec.name == name:
            return spec
    known = ", ".join(spec.name for spec in CATALOG)
    raise NotFound(f"There is no model {name!r}. Known: {known}.", details={"model": name})
