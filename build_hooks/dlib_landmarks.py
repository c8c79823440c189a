"""dlib's 5-point shape predictor as one ONNX graph.

Weights: `shape_predictor_5_face_landmarks.dat` by Davis E. King (CC0). Method: Kazemi and Sullivan, "One millisecond
face alignment with an ensemble of regression trees" (2014), as in dlib/image_processing/shape_predictor.h (Boost
licence): each cascade reads some hundred pixels at places that move with the shape, compares pairs of them down its
trees, and adds the leaves it reaches to the shape.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from build_hooks.dlib_stream import DlibStream, UnexpectedStream
from build_hooks.graph import Graph

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

POINTS = 5
_DEPTH = 4
_SPLITS = 2**_DEPTH - 1
_LEAVES = 2**_DEPTH


@dataclass(frozen=True, eq=False, slots=True)
class Cascade:
    """One round of regression over all faces.

    Attributes:
        anchors: int64 (p,), the landmark each read pixel moves with.
        deltas: float64 (p, 2), where it lies from there, in the mean shape's frame, as a fraction of the box.
        pairs: int64 (2, 15, t), the two pixels compared in each split of each tree; splits in breadth-first order.
        thresholds: float32 (15, t); the left branch is taken where the first pixel exceeds the second by more.
        leaves: float32 (t, 16, 10), what each leaf adds to the shape, all x before all y.
    """

    anchors: Int64
    deltas: Float64
    pairs: Int64
    thresholds: Float32
    leaves: Float32


@dataclass(frozen=True, eq=False, slots=True)
class Predictor:
    """The mean shape, float64 (5, 2) as fractions of the box, and the cascades that move it."""

    mean_shape: Float64
    cascades: tuple[Cascade, ...]


def read(data: bytes) -> Predictor:
    """Read the predictor from the bytes of dlib's file, to the last one.

    Raises:
        UnexpectedStream: it holds another predictor.
    """
    stream = DlibStream(data)
    stream.expect_integer(1, "shape predictor version")
    mean_shape = np.array(stream.column()).reshape(POINTS, 2)
    forests = [_read_forest(stream) for _ in range(stream.integer())]
    stream.expect_integer(len(forests), "lists of anchors")
    anchors = [np.array([stream.integer() for _ in range(stream.integer())], np.int64) for _ in forests]
    stream.expect_integer(len(forests), "lists of offsets")
    deltas = [np.array(stream.raw_points(stream.integer())) for _ in forests]
    stream.expect_end()
    cascades = (Cascade(a, d, *forest) for a, d, forest in zip(anchors, deltas, forests, strict=True))
    return Predictor(mean_shape, tuple(cascades))


def build(predictor: Predictor) -> bytes:
    """The ONNX file.

    Inputs: `image`, uint8 (height, width, 3) RGB; `boxes`, float32 (n, 4), n at least 1, xyxy, where x2 and y2
    are, as in dlib's rectangles, the last column and row that belong to the face.
    Output: `landmarks`, float32 (n, 5, 2), xy in pixels, not rounded (dlib rounds to integers), in dlib's order: outer
    and inner corner of the eye on the image's right, outer and inner corner of the one on its left, base of the nose.
    """
    graph = Graph("dlib-landmarks5")
    image = graph.input("image", np.uint8, ("height", "width", 3))
    boxes = graph.input("boxes", np.float32, ("n", 4))
    corner, far_corner = graph.nodes("Split", boxes, names=["corner", "far_corner"], axis=1, num_outputs=2)
    # From here on all x stand before all y: ONNX Runtime is slow where the innermost axis is short.
    origin = graph.node("Unsqueeze", corner, _integers(graph, 2))
    extent = graph.node("Unsqueeze", graph.node("Sub", far_corner, corner), _integers(graph, 2))
    # dlib counts from the middle of a pixel, _Pixels from its corner.
    corner_origin = graph.node("Add", origin, graph.constant(np.float32(0.5)))
    pixels = _Pixels.of(graph, image)
    faces = graph.node("Shape", boxes, start=0, end=1)
    mean_shape = graph.constant(_planes(predictor.mean_shape)[None].astype(np.float32))
    shape = graph.node("Expand", mean_shape, graph.node("Concat", faces, _integers(graph, 2 * POINTS), axis=0))
    for cascade in predictor.cascades:
        places = _to_image(graph, _relative_places(graph, shape, predictor.mean_shape, cascade), corner_origin, extent)
        shape = graph.node("Add", shape, _walk_trees(graph, pixels.read(graph, places), cascade, faces))
    points = graph.node("Reshape", shape, _integers(graph, -1, 2, POINTS))
    landmarks = graph.node("Transpose", _to_image(graph, points, origin, extent), perm=[0, 2, 1], name="landmarks")
    graph.output(landmarks, ("n", POINTS, 2))
    return graph.serialize()


@dataclass(frozen=True, slots=True)
class _Pixels:
    """The image as values of the graph.

    Attributes:
        colours: uint8 (height * width, 3).
        width: int64 (1,).
        edge: float32 (2, 1), the largest numbers below width and height.
    """

    colours: str
    width: str
    edge: str

    @classmethod
    def of(cls, graph: Graph, image: str) -> "_Pixels":
        size = graph.node("Gather", graph.node("Shape", image), _integers(graph, [1], [0]))
        below_one = graph.constant(np.nextafter(np.float32(1.0), np.float32(0.0)))
        return cls(
            colours=graph.node("Reshape", image, _integers(graph, -1, 3)),
            width=graph.node("Shape", image, start=1, end=2),
            edge=graph.node("Mul", graph.node("Cast", size, to=np.float32), below_one),
        )

    def read(self, graph: Graph, places: str) -> str:
        """Intensity, the mean of R, G and B rounded down, of the pixels that contain `places`; 0 outside the image.

        Args:
            graph: where to write.
            places: float32 (n, 2, p), x and y from the image's corner, so that pixel 0 reaches from 0 to 1.

        Returns:
            int32 (n, p).
        """
        inside = graph.node("Min", graph.node("Max", places, graph.constant(np.float32(0.0))), self.edge)
        x, y = graph.nodes("Split", graph.node("Cast", inside, to=np.int64), names=2, axis=1, num_outputs=2)
        index = graph.node("Squeeze", graph.node("Add", x, graph.node("Mul", y, self.width)), _integers(graph, 1))
        colours = graph.node("Cast", graph.node("Gather", self.colours, index), to=np.int32)
        total = graph.node("ReduceSum", colours, _integers(graph, 2), keepdims=0)
        intensity = graph.node("Div", total, graph.constant(np.int32(3)))
        beyond = graph.node("ReduceL1", graph.node("Sub", places, inside), _integers(graph, 1), keepdims=0)
        outside = graph.node("Cast", beyond, to=np.bool_)
        return graph.node("Where", outside, graph.constant(np.int32(0)), intensity)


def _relative_places(graph: Graph, shape: str, mean_shape: Float64, cascade: Cascade) -> str:
    """Where the cascade reads, (n, 2, p), as fractions of the box.

    An offset is turned and scaled by the similarity transform that best takes the mean shape to the present one. Of
    that transform's least-squares solution, and so of the places, the present shape is a linear factor: one matrix
    product does it all.
    """
    centred = mean_shape - np.array([math.fsum(axis) for axis in mean_shape.T]) / POINTS
    spread = math.fsum(map(float, (centred**2).ravel()))
    # For the present shape q: a = sum(r . q) / spread and b = sum(r x q) / spread make up the matrix [[a, -b], [b, a]].
    a = centred / spread
    b = np.stack([-centred[:, 1], centred[:, 0]], axis=1) / spread
    count = len(cascade.anchors)
    x, y = cascade.deltas[:, 0, None, None], cascade.deltas[:, 1, None, None]
    factors = np.stack([x * a - y * b, x * b + y * a])
    for axis in (0, 1):
        factors[axis, np.arange(count), cascade.anchors, axis] += 1.0
    matrix = _planes(factors).reshape(2 * count, 2 * POINTS).T.astype(np.float32)
    return graph.node("Reshape", graph.node("MatMul", shape, graph.constant(matrix)), _integers(graph, -1, 2, count))


def _to_image(graph: Graph, places: str, origin: str, extent: str) -> str:
    return graph.node("Add", graph.node("Mul", places, extent), origin)


def _planes(points: Float64) -> Float64:
    """(..., 5, 2) as (..., 10), all x before all y."""
    return points.swapaxes(-1, -2).reshape(*points.shape[:-2], 2 * POINTS)


def _take(graph: Graph, values: str, columns: Int64, rows: str) -> str:
    """The given columns of every row. GatherElements takes an eighth of the time of Gather in ONNX Runtime."""
    everywhere = graph.node("Concat", rows, _integers(graph, len(columns)), axis=0)
    index = graph.node("Expand", graph.constant(columns.astype(np.int32)[None]), everywhere)
    return graph.node("GatherElements", values, index, axis=1)


def _walk_trees(graph: Graph, intensities: str, cascade: Cascade, faces: str) -> str:
    """The sum of the leaves reached, float32 (n, 10).

    All splits of all trees are decided at once; the decisions of one tree, read as a binary number, name its leaf.
    """
    trees = len(cascade.leaves)
    first, second = (_take(graph, intensities, pair.ravel(), faces) for pair in cascade.pairs)
    # Intensities are integers, so a threshold and its integer part decide alike.
    thresholds = graph.constant(np.floor(cascade.thresholds).astype(np.int32).ravel())
    decided = graph.node("Greater", graph.node("Sub", first, second), thresholds)
    bits = graph.node("Reshape", graph.node("Cast", decided, to=np.float32), _integers(graph, -1, _SPLITS, trees))
    weights = graph.constant(2.0 ** np.arange(_SPLITS, dtype=np.float32)[None])
    number = graph.node("Cast", graph.node("MatMul", weights, bits), to=np.int32)
    in_one_row = graph.node("Reshape", number, _integers(graph, 1, -1))
    leaf = graph.node("GatherElements", graph.constant(_leaf_of_decisions()[None]), in_one_row, axis=1)
    first_leaves = graph.constant(np.arange(trees, dtype=np.int32) * _LEAVES)
    row = graph.node("Add", graph.node("Reshape", leaf, _integers(graph, -1, trees)), first_leaves)
    table = graph.constant(cascade.leaves.reshape(trees * _LEAVES, 2 * POINTS))
    return graph.node("ReduceSum", graph.node("Gather", table, row), _integers(graph, 1), keepdims=0)


def _leaf_of_decisions() -> NDArray[np.int32]:
    """The leaf that each combination of a tree's decisions (bit i set: left at split i) leads to, int32 (2**15,)."""
    decisions = np.arange(2**_SPLITS)
    split = np.zeros_like(decisions)
    for _ in range(_DEPTH):
        goes_left = decisions >> split & 1
        split = 2 * split + 2 - goes_left
    return (split - _SPLITS).astype(np.int32)


def _read_forest(stream: DlibStream) -> tuple[Int64, Float32, Float32]:
    pairs: list[list[tuple[int, int]]] = []
    thresholds: list[list[float]] = []
    leaves: list[list[list[float]]] = []
    for _ in range(stream.integer()):
        stream.expect_integer(_SPLITS, "splits of a tree")
        splits = [(stream.integer(), stream.integer(), stream.real()) for _ in range(_SPLITS)]
        pairs.append([(first, second) for first, second, _ in splits])
        thresholds.append([threshold for _, _, threshold in splits])
        stream.expect_integer(_LEAVES, "leaves of a tree")
        leaves.append([stream.column() for _ in range(_LEAVES)])
    table = np.array(leaves, np.float32)
    if table.shape[2] != 2 * POINTS:
        raise UnexpectedStream(f"leaves of {table.shape[2]} numbers, expected {2 * POINTS}")
    planes = table.reshape(*table.shape[:2], POINTS, 2).swapaxes(2, 3).reshape(table.shape)
    return np.array(pairs, np.int64).transpose(2, 1, 0), np.array(thresholds, np.float32).T, planes


def _integers(graph: Graph, *values: int | list[int]) -> str:
    return graph.constant(np.array(values, np.int64))
