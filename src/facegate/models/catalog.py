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
