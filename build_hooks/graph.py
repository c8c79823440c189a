"""A small writer of ONNX graphs whose bytes depend on nothing but what is put in."""

from collections.abc import Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

# Written into the file, so changing either changes every digest in the catalogue.
OPSET = 18
IR_VERSION = 9
PRODUCER = "facegate"

Attribute = int | float | str | type[np.generic] | Sequence[int] | Sequence[float]


class Graph:
    """One graph under construction; values are the strings that name them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._initializers: list[onnx.TensorProto] = []

    def input(self, name: str, dtype: type[np.generic], shape: Sequence[int | str]) -> str:
        """Declare an input; a string in `shape` names a length that may vary."""
        self._inputs.append(helper.make_tensor_value_info(name, _onnx_type(dtype), list(shape)))
        return name

    def output(self, value: str, shape: Sequence[int | str], dtype: type[np.generic] = np.float32) -> None:
        """Declare `value` an output."""
        self._outputs.append(helper.make_tensor_value_info(value, _onnx_type(dtype), list(shape)))

    def constant(self, array: NDArray[np.generic] | np.generic) -> str:
        """An array that travels in the file; equal arrays are stored once."""
        array = np.ascontiguousarray(array)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            name = f"c{len(self._constants)}"
            self._constants[key] = name
            self._initializers.append(numpy_helper.from_array(array, name))
        return self._constants[key]

    def node(self, operator: str, *inputs: str, name: str | None = None, **attributes: Attribute) -> str:
        """Add an operator with one output; answers the output's name."""
        return self.nodes(operator, *inputs, names=1 if name is None else [name], **attributes)[0]

    def nodes(self, operator: str, *inputs: str, names: Sequence[str] | int, **attributes: Attribute) -> list[str]:
        """Add an operator with outputs of these names, or with that many; answers their names."""
        if isinstance(names, int):
            names = [f"v{len(self._nodes)}.{i}" if i else f"v{len(self._nodes)}" for i in range(names)]
        node = helper.make_node(operator, list(inputs), list(names))
        for key, value in sorted(attributes.items()):
            plain = _onnx_type(value) if isinstance(value, type) else value
            node.attribute.append(helper.make_attribute(key, plain))
        self._nodes.append(node)
        return list(names)

    def serialize(self) -> bytes:
        """The file's bytes, checked by onnx."""
        graph = helper.make_graph(self._nodes, self._name, self._inputs, self._outputs, self._initializers)
        model = helper.make_model(
            graph,
            producer_name=PRODUCER,
            producer_version="",
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
        )
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString(deterministic=True)


def _onnx_type(dtype: type[np.generic]) -> int:
    return int(helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
