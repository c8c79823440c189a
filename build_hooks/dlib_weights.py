"""Converting dlib's two networks, which travel in the package `face_recognition_models`."""

from pathlib import Path

from build_hooks import dlib_landmarks, dlib_resnet
from build_hooks.sources import read_source
from facegate.models.catalog import spec_of

_PACKAGE = "face_recognition_models"


def convert(target_dir: Path) -> list[Path]:
    """Write dlib-resnet29.onnx and dlib-landmarks5.onnx.

    Args:
        target_dir: an existing folder.

    Returns:
        The files written.

    Raises:
        SourceChanged: the package is absent or its files are others.
    """
    resnet, landmarks = spec_of("dlib-resnet29"), spec_of("dlib-landmarks5")
    resnet_source = read_source(_PACKAGE, "models/dlib_face_recognition_resnet_model_v1.dat", resnet.source_sha256)
    landmarks_source = read_source(_PACKAGE, "models/shape_predictor_5_face_landmarks.dat", landmarks.source_sha256)
    files = {
        target_dir / resnet.file: dlib_resnet.build(dlib_resnet.read(resnet_source)),
        target_dir / landmarks.file: dlib_landmarks.build(dlib_landmarks.read(landmarks_source)),
    }
    for path, data in files.items():
        path.write_bytes(data)
    return list(files)
