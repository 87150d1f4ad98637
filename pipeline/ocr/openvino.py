"""The PP-OCR models run by OpenVINO: one detector for all cores, a one-thread request a core."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigurationError, EngineUnavailableError
from pipeline.ocr.model_files import INT8_WEIGHTS, WEIGHTS
from pipeline.ocr.precision import Precision, PrecisionSetting, choose_precision, processor

# Importing the conversion tools sends an event to Google Analytics, without consent, and
# takes half of the import's time. OpenVINO goes without them where they cannot be imported.
sys.modules.setdefault("openvino.tools.ovc", None)  # type: ignore[arg-type]  # None: no such module

import openvino as ov  # noqa: E402 - after the line above
from openvino.preprocess import PrePostProcessor  # noqa: E402

_KEPT_SHAPES = 64
"""Shapes the detector keeps compiled, of the 400 a page up to 640 pixels a side can have."""

_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
FEATURES = "AveragePool.0"
"""The last operation of the recogniser's convolutions: 1 x channels x 1 x steps."""

_HINTS = {"bfloat16": "bf16", "float32": "f32"}


class OpenVinoModels:
    """A text detector and a text recogniser.

    Threading: `detect` takes one caller at a time; `read` one a core.
    """

    def __init__(
        self, detection: Path, recognition: Path, setting: PrecisionSetting, *, cores: int
    ) -> None:
        """Compiles both models of the directories for `cores` cores.

        Raises:
            ConfigurationError: the processor or a model file cannot be used; says what to do.
        """
        core = ov.Core()
        capabilities = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        has_int8_model = all((recognition / name).is_file() for name in INT8_WEIGHTS)
        self.precision: Precision = choose_precision(
            setting, processor(has_bfloat16="BF16" in capabilities), has_int8_model=has_int8_model
        )
        options = {
            "INFERENCE_PRECISION_HINT": _HINTS[self.precision.detector],
            "INFERENCE_NUM_THREADS": cores,
        }
        deviation = [255 * each for each in _IMAGENET_DEVIATION]
        self._detector = _compiled(
            core,
            detection / WEIGHTS,
            ([255 * each for each in _IMAGENET_MEAN], deviation),
            {**options, "NUM_STREAMS": 1, "CPU_RUNTIME_CACHE_CAPACITY": _KEPT_SHAPES},
        )
        is_int8 = self.precision.recognizer == "int8"
        # The layers that stay float read better in float32, at the same speed.
        hint = _HINTS[self.precision.detector] if not is_int8 else "f32"
        self._recognizer = OpenVinoRecognizer(
            recognition / (INT8_WEIGHTS[0] if is_int8 else WEIGHTS),
            hint,
            cores=cores,
            features=FEATURES,
        )
        self._detector_request = self._detector.create_infer_request()
        # The binding sets NumPy up at the first use; two first uses at once block each other.
        _ = self._detector_request.get_output_tensor(0)
        ov.Tensor(np.zeros(1, np.float32)).data  # noqa: B018
        self._detecting = threading.Lock()

    @property
    def class_count(self) -> int:
        """Classes the recogniser tells apart, blank and space included."""
        return self._recognizer.class_count

    def detect(self, view: NDArray[np.uint8], *, keep_memory: bool) -> NDArray[np.float32]:
        """Text probabilities (rows x columns) of a 1 x height x width x 3 picture, BGR.

        Without `keep_memory`, the memory the view took is free for others afterwards.

        Raises:
            EngineUnavailableError: OpenVINO failed.
        """
        with self._detecting, _openvino_errors():
            self._detector_request.infer({0: view}, share_inputs=True, share_outputs=True)
            found = self._detector_request.get_output_tensor(0).data[0, 0].copy()
            if not keep_memory:
                self._detector.release_memory()
        return np.asarray(found, np.float32)

    def read(self, lines: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See `OpenVinoRecognizer.read`."""
        return self._recognizer.read(lines)


class OpenVinoRecognizer:
    """A text line recogniser with a one-thread request for each core.

    Threading: `read` takes one caller a core, each with an inference request that its
    thread keeps.
    """

    def __init__(self, weights: Path, hint: str, *, cores: int, features: str | None = None):
        """Compiles `weights`; `hint` is OpenVINO's, `features` names an operation of the model.

        Raises:
            ConfigurationError: the file cannot be used; says what to do.
        """
        self._features = features
        self._model = _compiled(
            ov.Core(),
            weights,
            ([127.5] * 3, [127.5] * 3),
            {
                "INFERENCE_PRECISION_HINT": hint,
                "INFERENCE_NUM_THREADS": cores,
                "NUM_STREAMS": cores,
            },
            before_softmax=True,
            features=features,
        )
        self._own = threading.local()

    @property
    def class_count(self) -> int:
        """Classes the recogniser tells apart, blank and space included."""
        return int(self._model.output(0).partial_shape[2].get_length())

    def read(self, lines: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scores and features of n line pictures: n x 48 x width x 3, BGR.

        Scores are before the softmax, n x steps x classes; features are n x steps x channels,
        without channels where none were asked for. The arrays belong to the calling thread's
        request: read them before the next call.

        Raises:
            EngineUnavailableError: OpenVINO failed.
        """
        with _openvino_errors():
            if not hasattr(self._own, "request"):
                self._own.request = self._model.create_infer_request()
            request = self._own.request
            request.infer({0: lines}, share_inputs=True, share_outputs=True)
            scores = np.asarray(request.get_output_tensor(0).data)
            if self._features is None:
                return scores, np.empty((*scores.shape[:2], 0), np.float32)
            return scores, request.get_output_tensor(1).data[:, :, 0].transpose(0, 2, 1)


def _compiled(
    core: ov.Core,
    path: Path,
    mean_and_scale: tuple[list[float], list[float]],
    options: dict[str, Any],
    *,
    before_softmax: bool = False,
    features: str | None = None,
) -> ov.CompiledModel:
    mean, scale = mean_and_scale
    try:
        model = core.read_model(path)
        if before_softmax:
            model = _without_softmax(model)
        if features:
            named = {each.get_friendly_name(): each for each in model.get_ops()}
            model.add_outputs([named[features].output(0)])
        steps = PrePostProcessor(model)
        steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
        steps.input().model().set_layout(ov.Layout("NCHW"))
        steps.input().preprocess().convert_element_type(ov.Type.f32).mean(mean).scale(scale)
        return core.compile_model(steps.build(), "CPU", options)
    except Exception as error:
        raise ConfigurationError(
            f"OCR_ENGINE=openvino cannot load {path}: it is damaged or another model; to install"
            f" it again, run: image-translation models install --force --dir {path.parents[1]}"
        ) from error


def _without_softmax(model: ov.Model) -> ov.Model:
    last = model.get_results()[0].input_value(0).get_node()
    if last.get_type_name() != "Softmax":
        raise ValueError(f"the last layer is {last.get_type_name()}, not Softmax")
    return ov.Model([last.input_value(0)], model.get_parameters())


@contextmanager
def _openvino_errors() -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        # OpenVINO's messages are of tensors and repeat nothing that was read.
        first_line = str(error).partition("\n")[0]
        raise EngineUnavailableError(f"OCR failed: {type(error).__name__}: {first_line}") from error
