"""Running networks; the only module that imports onnxruntime, and only when a network is opened."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from facegate.errors import NotReady
from facegate.models.catalog import ModelSpec
from facegate.models.files import read_verified

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Array = NDArray[Any]
_PROVIDER = "CPUExecutionProvider"
_ERRORS_ONLY = 3


class Network:
    """One loaded network. Threads may share it: a call changes nothing and leaves the interpreter free."""

    def __init__(self, spec: ModelSpec, session: "InferenceSession") -> None:
        self.spec = spec
        self._session = session
        self._inputs = tuple(value.name for value in session.get_inputs())

    @classmethod
    def open(cls, spec: ModelSpec, *, model_dir: Path | None = None) -> "Network":
        """Load the network of `spec` for one thread per call (more make these small networks slower).

        Args:
            spec: row of the catalogue.
            model_dir: folder searched after the one that came with facegate.

        Raises:
            ModelFileChanged: the file is missing or does not have the digest of the catalogue.
            NotReady: this onnxruntime cannot run it.
        """
        return cls(spec, _open_session(read_verified(spec, model_dir=model_dir), spec.name))

    def __call__(self, *inputs: Array) -> list[Array]:
        """Run the network.

        Args:
            *inputs: one array per input of the graph, in its order.

        Returns:
            The graph's outputs, in its order.

        Raises:
            ValueError: the number of arrays is not the number of inputs.
            onnxruntime's InvalidArgument: an array has another dtype or shape than the graph's input.
        """
        feed = dict(zip(self._inputs, inputs, strict=True))
        return self._session.run(None, feed)


def _open_session(data: bytes, name: str) -> "InferenceSession":
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    ort.disable_telemetry_events()
    try:
        session = ort.InferenceSession(data, options, providers=[_PROVIDER])
    except Exception as error:  # onnxruntime's own exceptions share no base class but this
        raise NotReady(
            f"onnxruntime {ort.__version__} could not load the model {name}: {error}. "
            "Install onnxruntime 1.23 or newer.",
            details={"model": name},
        ) from error
    if list(session.get_providers()) != [_PROVIDER]:
        raise NotReady(
            f"onnxruntime {ort.__version__} has no {_PROVIDER}, which the model {name} needs. "
            "Install the package onnxruntime instead.",
            details={"model": name},
        )
    return session
