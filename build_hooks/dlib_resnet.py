"""dlib's face recognition ResNet (29 convolutions, 128-d) as an ONNX graph.

Weights: `dlib_face_recognition_resnet_model_v1.dat` by Davis E. King (CC0). The order of the layers is the type
`anet_type` of dlib's example dnn_face_recognition_ex.cpp (Boost licence), read from the input on.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from build_hooks.dlib_stream import DlibStream, UnexpectedStream
from build_hooks.graph import Graph

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

CHIP_PX = 150
DIMENSION = 128
# dlib centres its input on the file's averages and divides by this (dlib/dnn/input.h).
_INPUT_SCALE = 1.0 / 256.0
# Filters of each residual block and whether it halves the picture, from the input on.
_BLOCKS = (
    *((32, False),) * 3,
    *((64, True), *((64, False),) * 3),
    *((128, True), *((128, False),) * 2),
    *((256, True), *((256, False),) * 2),
    (256, True),
)


@dataclass(frozen=True, eq=False, slots=True)
class Convolution:
    """A convolution with the affine layer that follows it folded in.

    Attributes:
        weights: float32 (filters, channels, rows, columns).
        bias: float32 (filters,).
        stride: in both directions.
        padding: on all four sides.
    """

    weights: Float32
    bias: Float32
    stride: int
    padding: int


@dataclass(frozen=True, eq=False, slots=True)
class Residual:
    """Two convolutions beside a shortcut; a halving one averages 2x2 pixels on the shortcut."""

    first: Convolution
    second: Convolution
    halves: bool


@dataclass(frozen=True, eq=False, slots=True)
class FaceNet:
    """The whole network: stem, residual blocks, and the last matrix, float32 (256, 128)."""

    stem: Convolution
    blocks: tuple[Residual, ...]
    projection: Float32


def read(data: bytes) -> FaceNet:
    """Read the network from the bytes of dlib's file, to the last one.

    Raises:
        UnexpectedStream: it holds another network.
    """
    stream = DlibStream(data)
    means = _read_head(stream)
    stem = _read_convolution(stream, channels=3, filters=32, size=7, stride=2, after_input=True)
    _read_plain(stream, "relu_")
    _read_pool(stream, "max_pool_2", size=3)
    blocks: list[Residual] = []
    channels = 32
    for filters, halves in _BLOCKS:
        first = _read_convolution(stream, channels=channels, filters=filters, size=3, stride=2 if halves else 1)
        _read_plain(stream, "relu_")
        second = _read_convolution(stream, channels=filters, filters=filters, size=3, stride=1)
        if halves:
            _read_pool(stream, "avg_pool_2", size=2)
        _read_plain(stream, "add_prev_")
        _read_plain(stream, "relu_")
        blocks.append(Residual(first, second, halves))
        channels = filters
    _read_pool(stream, "avg_pool_2", size=0)
    projection = _read_projection(stream)
    stream.expect_end()
    return FaceNet(_fold_input(stem, means), tuple(blocks), projection)


def build(net: FaceNet) -> bytes:
    """The ONNX file: uint8 `chips` (n, 150, 150, 3) RGB -> float32 `descriptors` (n, 128), not normalised."""
    graph = Graph("dlib-resnet29")
    chips = graph.input("chips", np.uint8, ("n", CHIP_PX, CHIP_PX, 3))
    planes = graph.node("Transpose", graph.node("Cast", chips, to=np.float32), perm=[0, 3, 1, 2])
    x = graph.node("Relu", _convolve(graph, planes, net.stem))
    x = graph.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
    size = ((CHIP_PX - 7) // 2 + 1 - 3) // 2 + 1
    for block in net.blocks:
        x, size = _residual(graph, x, block, size)
    pooled = graph.node("Flatten", graph.node("GlobalAveragePool", x), axis=1)
    graph.output(graph.node("MatMul", pooled, graph.constant(net.projection), name="descriptors"), ("n", DIMENSION))
    return graph.serialize()


def _residual(graph: Graph, x: str, block: Residual, size: int) -> tuple[str, int]:
    inner = _convolve(graph, graph.node("Relu", _convolve(graph, x, block.first)), block.second)
    if not block.halves:
        return graph.node("Relu", graph.node("Add", inner, x)), size
    shortcut = graph.node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    filters, channels = block.second.weights.shape[0], block.first.weights.shape[1]
    if filters != channels:
        # dlib adds as if the missing channels were zero. A 1x1 convolution says the same, exactly, and costs less in
        # ONNX Runtime than a Pad, which leaves its blocked memory layout.
        widen = np.eye(filters, channels, dtype=np.float32)[:, :, None, None]
        shortcut = graph.node("Conv", shortcut, graph.constant(widen), kernel_shape=[1, 1])
    inner_size, shortcut_size = (size - 3) // 2 + 1, (size - 2) // 2 + 1
    if inner_size < shortcut_size:
        missing = shortcut_size - inner_size
        pads = np.array([0, 0, 0, 0, 0, 0, missing, missing], np.int64)
        inner = graph.node("Pad", inner, graph.constant(pads))
    return graph.node("Relu", graph.node("Add", inner, shortcut)), shortcut_size


def _convolve(graph: Graph, x: str, layer: Convolution) -> str:
    weights, bias = graph.constant(layer.weights), graph.constant(layer.bias)
    return graph.node(
        "Conv",
        x,
        weights,
        bias,
        kernel_shape=list(layer.weights.shape[2:]),
        strides=[layer.stride] * 2,
        pads=[layer.padding] * 4,
    )


def _fold_input(stem: Convolution, means: Float64) -> Convolution:
    """Let the first convolution take raw 0..255 RGB; it has no padding, so this is exact but for rounding."""
    weights = stem.weights.astype(np.float64) * _INPUT_SCALE
    shifts = weights * means[None, :, None, None]
    # fsum is correctly rounded, so every machine writes the same bytes.
    bias = [float(old) - math.fsum(map(float, shift.ravel())) for old, shift in zip(stem.bias, shifts, strict=True)]
    return Convolution(weights.astype(np.float32), np.array(bias, np.float32), stem.stride, stem.padding)


def _read_head(stream: DlibStream) -> Float64:
    """The loss layer, the nested layers' versions and the input layer; answers the averages of R, G and B."""
    stream.expect_integer(1, "loss layer version")
    stream.expect_text("loss_metric_2")
    for _ in ("margin", "distance threshold"):  # of training only
        stream.real()
    version = stream.integer()
    while version in (1, 2):  # tags and skips are 1, computing layers 2
        version = stream.integer()
    if version != 3:
        raise UnexpectedStream(f"a layer of version {version}; the network is not the one expected")
    stream.expect_text("input_rgb_image_sized")
    means = np.array([stream.real() for _ in range(3)])
    stream.expect_integer(CHIP_PX, "input rows")
    stream.expect_integer(CHIP_PX, "input columns")
    return means


def _read_convolution(
    stream: DlibStream, *, channels: int, filters: int, size: int, stride: int, after_input: bool = False
) -> Convolution:
    padding = size // 2 if stride == 1 else 0
    stream.expect_text("con_4")
    parameters = stream.tensor().ravel().astype(np.float64)
    for wanted, what in (
        (filters, "filters"),
        (size, "rows"),
        (size, "columns"),
        (stride, "row stride"),
        (stride, "column stride"),
        (padding, "row padding"),
        (padding, "column padding"),
    ):
        stream.expect_integer(wanted, f"convolution {what}")
    _skip_aliases(stream)
    _skip_multipliers(stream)
    _skip_layer_state(stream)
    if after_input:
        stream.expect_integer(1, "sample expansion factor")
    count = filters * channels * size * size
    if len(parameters) != count + filters:
        raise UnexpectedStream(f"a convolution of {len(parameters)} parameters, expected {count + filters}")
    weights, bias = parameters[:count].reshape(filters, channels, size, size), parameters[count:]
    gamma, beta = _read_affine(stream, filters)
    return Convolution(
        (weights * gamma[:, None, None, None]).astype(np.float32),
        (bias * gamma + beta).astype(np.float32),
        stride,
        padding,
    )


def _read_affine(stream: DlibStream, filters: int) -> tuple[Float64, Float64]:
    stream.expect_text("affine_")
    parameters = stream.tensor().ravel().astype(np.float64)
    _skip_aliases(stream)
    stream.expect_integer(0, "affine mode (per channel)")
    _skip_layer_state(stream)
    if len(parameters) != 2 * filters:
        raise UnexpectedStream(f"an affine layer of {len(parameters)} parameters, expected {2 * filters}")
    return parameters[:filters], parameters[filters:]


def _read_projection(stream: DlibStream) -> Float32:
    stream.expect_text("fc_2")
    stream.expect_integer(DIMENSION, "outputs")
    inputs = stream.integer()
    parameters = stream.tensor()
    _skip_aliases(stream)
    stream.expect_integer(1, "fc bias mode (none)")
    _skip_multipliers(stream)
    _skip_layer_state(stream)
    return parameters.reshape(inputs, DIMENSION)


def _read_pool(stream: DlibStream, kind: str, *, size: int) -> None:
    stream.expect_text(kind)
    stride = 2 if size else 1
    for wanted, what in (
        (size, "rows"),
        (size, "columns"),
        (stride, "stride"),
        (stride, "stride"),
        (0, "pad"),
        (0, "pad"),
    ):
        stream.expect_integer(wanted, f"{kind} {what}")
    _skip_layer_state(stream)


def _read_plain(stream: DlibStream, kind: str) -> None:
    stream.expect_text(kind)
    _skip_layer_state(stream)


def _skip_aliases(stream: DlibStream) -> None:
    """Two views into the parameters, each a version and four sizes."""
    for _ in range(2 * 5):
        stream.integer()


def _skip_multipliers(stream: DlibStream) -> None:
    """Learning rate and weight decay, of weights and of biases."""
    for _ in range(4):
        stream.real()


def _skip_layer_state(stream: DlibStream) -> None:
    """What every layer ends with: three flags and three tensors of training, all empty here."""
    for _ in range(3):
        stream.boolean()
    for _ in range(3):
        stream.tensor()
