"""Convert the weights of the `mtcnn` package (MIT) into three plain ONNX files.

The networks are those of Zhang, Zhang, Li, Qiao, "Joint Face Detection and Alignment using Multi-task Cascaded
Convolutional Networks" (2016). The package keeps their Keras weights as LZ4-compressed joblib pickles; nothing of the
package is imported and its pickles are read by an unpickler that can build lists, numbers and numpy arrays only.

What differs from the Keras graphs, without changing their answers:

* input is an RGB picture in 0..255, uint8 (P-Net: float32, for scaled pictures are not whole numbers); the scaling
  (pixel - 127.5) / 128 is folded into the first convolution;
* the two-way softmax is one sigmoid of the difference of its two inputs;
* PReLU is written as multiplications and maxima, and in the first layers stands after the max-pooling, where there are
  four times fewer numbers: ONNX Runtime's PRelu took a third of the time of the whole detector;
* the flatten in (width, height, channel) order is a permutation of the first dense layer's rows.
"""

import io
import math
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import lz4.frame
import numpy as np
from numpy.typing import NDArray

from build_hooks.graph import Graph
from build_hooks.sources import read_source
from facegate.models.catalog import spec_of

Array = NDArray[np.float32]

#: ONNX Runtime pools in its fast, blocked layout only when the channels fill whole blocks.
_BLOCK = 16


def convert(target_dir: Path) -> list[Path]:
    """Write mtcnn-pnet.onnx, mtcnn-rnet.onnx and mtcnn-onet.onnx.

    Args:
        target_dir: an existing folder.

    Returns:
        The files written.

    Raises:
        SourceChanged: the mtcnn package is absent or its files are others.
    """
    written: list[Path] = []
    for stage, build in (("pnet", _pnet), ("rnet", _rnet), ("onet", _onet)):
        path = target_dir / f"mtcnn-{stage}.onnx"
        path.write_bytes(build(read_weights(stage)))
        written.append(path)
    return written


def read_weights(stage: str) -> list[Array]:
    """The float32 arrays of one network (`pnet`, `rnet`, `onet`), in Keras order.

    Raises:
        SourceChanged: the mtcnn package is absent or its file is another.
    """
    packed = read_source("mtcnn", f"assets/weights/{stage}.lz4", spec_of(f"mtcnn-{stage}").source_sha256)
    return [np.asarray(array, np.float32) for array in _ArrayUnpickler(lz4.frame.decompress(packed)).load()]


class _ArrayWrapper:
    """Stands in for joblib's NumpyArrayWrapper: describes an array whose bytes follow in the stream."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: str


# The unpickler written in C reads ahead and cannot be told of bytes that stand between its instructions.
_PythonUnpickler: Any = vars(pickle)["_Unpickler"]


class _ArrayUnpickler(_PythonUnpickler):
    """Reads joblib's format: a pickle in which each array's raw bytes follow its description."""

    ADMITTED: ClassVar = {
        ("joblib.numpy_pickle", "NumpyArrayWrapper"): _ArrayWrapper,
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }
    dispatch: ClassVar = dict(_PythonUnpickler.dispatch)

    def __init__(self, data: bytes) -> None:
        self.stream = io.BytesIO(data)
        super().__init__(self.stream)

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self.ADMITTED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a weight file") from None

    def load_build(self) -> None:
        super().load_build()
        described = self.stack[-1]
        if not isinstance(described, _ArrayWrapper):
            return
        padding = self.stream.read(1)[0]  # joblib aligns the bytes and says by how many it moved
        self.stream.read(padding)
        count = int(np.prod(described.shape))
        data = self.stream.read(count * described.dtype.itemsize)
        order = "F" if described.order == "F" else "C"
        self.stack[-1] = np.frombuffer(data, described.dtype).reshape(described.shape, order=order)

    dispatch[pickle.BUILD[0]] = load_build


@dataclass(frozen=True, slots=True)
class _Pool:
    """A max-pooling by steps of 2; `same` also answers for the window that reaches past the end."""

    size: int
    same: bool = False

    def add(self, graph: Graph, x: str) -> str:
        """Append it."""
        return graph.node("MaxPool", x, kernel_shape=[self.size] * 2, strides=[2, 2], ceil_mode=int(self.same))


def _kernel(keras: Array) -> Array:
    """Keras (rows, columns, in, out) to ONNX (out, in, rows, columns)."""
    return keras.transpose(3, 2, 0, 1)


def _convolve(graph: Graph, x: str, kernel: Array, bias: Array) -> str:
    """A convolution without padding; `kernel` in ONNX's order."""
    return graph.node("Conv", x, graph.constant(kernel), graph.constant(bias), kernel_shape=list(kernel.shape[2:]))


def _picture(graph: Graph, shape: tuple[int | str, ...], dtype: type[np.generic] = np.uint8) -> str:
    """The input (n, rows, columns, 3), RGB in 0..255, as float32 (n, 3, rows, columns)."""
    planes = graph.node("Transpose", graph.input("image", dtype, shape), perm=[0, 3, 1, 2])
    # Moving bytes before widening them is cheaper than after.
    return planes if dtype is np.float32 else graph.node("Cast", planes, to=np.float32)


def _scaled(kernel: Array, bias: Array) -> tuple[Array, Array]:
    """A first layer (in ONNX's order) that takes 0..255 in place of (pixel - 127.5) / 128."""
    wide = kernel.astype(np.float64) / 128
    # fsum: a sum whose last bit depends on the processor would change the file's digest.
    grey = np.array([math.fsum(each.ravel()) for each in wide])
    return wide.astype(np.float32), (bias - 127.5 * grey).astype(np.float32)


def _prelu(graph: Graph, x: str, slope: Array, *, spatial: bool = True) -> str:
    """PReLU, max(x, slope x) for slopes up to 1, else slope x + (1 - slope) max(x, 0)."""
    shaped = slope.reshape(-1, 1, 1) if spatial else slope.reshape(-1)
    leaky = graph.node("Mul", x, graph.constant(shaped))
    if (slope <= 1).all():
        return graph.node("Max", x, leaky)
    rest = graph.node("Mul", graph.node("Relu", x), graph.constant(1 - shaped))
    return graph.node("Add", leaky, rest)


def _first_layer(
    graph: Graph, x: str, kernel: Array, bias: Array, slope: Array, pool: _Pool
) -> tuple[str, NDArray[np.intp]]:
    """The first convolution, PReLU and max-pooling, pooled before the PReLU.

    A slope of at least 0 never falls, so pooling may go first. For a negative one, PReLU is max(x, slope x), whose
    maximum over a window is the larger of the two maxima: the convolution answers slope x as further channels.

    Returns:
        The value, and the channels' new order: place -> channel of the source.
    """
    slope = slope.reshape(-1)
    rising, falling = np.flatnonzero(slope >= 0), np.flatnonzero(slope < 0)
    kernel, bias = _scaled(_kernel(kernel), bias)
    parts = [(rising, np.ones(len(rising))), (falling, np.ones(len(falling))), (falling, slope[falling])]
    kernels = [kernel[chosen] * factor.astype(np.float32)[:, None, None, None] for chosen, factor in parts]
    biases = [bias[chosen] * factor.astype(np.float32) for chosen, factor in parts]
    sizes = [len(chosen) for chosen, _ in parts]
    unused = -sum(sizes) % _BLOCK
    kernels.append(np.zeros((unused, *kernel.shape[1:]), np.float32))
    biases.append(np.zeros(unused, np.float32))
    x = pool.add(graph, _convolve(graph, x, np.concatenate(kernels), np.concatenate(biases)))
    names = ["up", "straight", "turned", "unused"][: 4 if unused else 3]
    lengths = graph.constant(np.array([*sizes, unused][: len(names)], np.int64))
    up, straight, turned = graph.nodes("Split", x, lengths, names=names, axis=1)[:3]
    x = graph.node("Concat", _prelu(graph, up, slope[rising]), graph.node("Max", straight, turned), axis=1)
    return x, np.concatenate([rising, falling])


def _flat_dense(graph: Graph, x: str, weight: Array, bias: Array, side: int) -> str:
    """The dense layer after the flatten; Keras flattened (width, height, channel), ONNX (channel, row, column)."""
    channels = len(weight) // side**2
    rows = weight.reshape(side, side, channels, -1).transpose(2, 1, 0, 3).reshape(len(weight), -1)
    return _dense(graph, graph.node("Flatten", x, axis=1), rows, bias)


def _dense(graph: Graph, x: str, weight: Array, bias: Array, name: str | None = None) -> str:
    return graph.node("Gemm", x, graph.constant(weight), graph.constant(bias), name=name)


def _score_weights(weight: Array, bias: Array) -> tuple[Array, Array]:
    """Weights of (face - no face): the softmax of two numbers is the sigmoid of their difference."""
    return weight[..., 1:2] - weight[..., 0:1], bias[1:2] - bias[0:1]


def _pnet(w: list[Array]) -> bytes:
    """float32 `image` (1, H, W, 3) -> `score` (1, 1, h, w), `offsets` (1, 4, h, w); h = ceil((H - 2) / 2) - 4."""
    graph = Graph("mtcnn-pnet")
    x = _picture(graph, (1, "height", "width", 3), np.float32)
    x, order = _first_layer(graph, x, w[0], w[1], w[2], _Pool(2, same=True))
    x = _prelu(graph, _convolve(graph, x, _kernel(w[3])[:, order], w[4]), w[5])
    x = _prelu(graph, _convolve(graph, x, _kernel(w[6]), w[7]), w[8])
    face, face_bias = _score_weights(w[11], w[12])
    heads = _convolve(graph, x, _kernel(np.concatenate([face, w[9]], axis=3)), np.concatenate([face_bias, w[10]]))
    sizes = graph.constant(np.array([1, 4], np.int64))
    face_logit, _ = graph.nodes("Split", heads, sizes, names=["logit", "offsets"], axis=1)
    graph.output(graph.node("Sigmoid", face_logit, name="score"), (1, 1, "rows", "columns"))
    graph.output("offsets", (1, 4, "rows", "columns"))
    return graph.serialize()


def _rnet(w: list[Array]) -> bytes:
    """uint8 `image` (n, 24, 24, 3) -> `score` (n, 1), `offsets` (n, 4)."""
    graph = Graph("mtcnn-rnet")
    x = _picture(graph, ("n", 24, 24, 3))
    x, order = _first_layer(graph, x, w[0], w[1], w[2], _Pool(3, same=True))
    x = _Pool(3).add(graph, _prelu(graph, _convolve(graph, x, _kernel(w[3])[:, order], w[4]), w[5]))
    x = _prelu(graph, _convolve(graph, x, _kernel(w[6]), w[7]), w[8])
    x = _prelu(graph, _flat_dense(graph, x, w[9], w[10], side=3), w[11], spatial=False)
    graph.output(graph.node("Sigmoid", _dense(graph, x, *_score_weights(w[14], w[15])), name="score"), ("n", 1))
    graph.output(_dense(graph, x, w[12], w[13], name="offsets"), ("n", 4))
    return graph.serialize()


def _onet(w: list[Array]) -> bytes:
    """uint8 `image` (n, 48, 48, 3) -> `score` (n, 1), `offsets` (n, 4), `landmarks` (n, 10), five x then five y."""
    graph = Graph("mtcnn-onet")
    x = _picture(graph, ("n", 48, 48, 3))
    x, order = _first_layer(graph, x, w[0], w[1], w[2], _Pool(3, same=True))
    x = _Pool(3).add(graph, _prelu(graph, _convolve(graph, x, _kernel(w[3])[:, order], w[4]), w[5]))
    x = _Pool(2).add(graph, _prelu(graph, _convolve(graph, x, _kernel(w[6]), w[7]), w[8]))
    x = _prelu(graph, _convolve(graph, x, _kernel(w[9]), w[10]), w[11])
    x = _prelu(graph, _flat_dense(graph, x, w[12], w[13], side=3), w[14], spatial=False)
    graph.output(graph.node("Sigmoid", _dense(graph, x, *_score_weights(w[19], w[20])), name="score"), ("n", 1))
    graph.output(_dense(graph, x, w[15], w[16], name="offsets"), ("n", 4))
    graph.output(_dense(graph, x, w[17], w[18], name="landmarks"), ("n", 10))
    return graph.serialize()
