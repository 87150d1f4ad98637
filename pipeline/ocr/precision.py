"""Which numbers the models compute with on this processor; pure but for reading its flags."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.errors import ConfigurationError

FloatPrecision = Literal["bfloat16", "float32"]
PrecisionSetting = Literal["auto", "int8", "bfloat16", "float32"]

_CPUINFO = Path("/proc/cpuinfo")
_DOT_PRODUCTS = frozenset({"avx512_vnni", "avx_vnni", "amx_int8"})
"""Without one of these, int8 convolutions may overflow and gain little."""


@dataclass(frozen=True, slots=True)
class Processor:
    """The instructions that decide the precision. A processor that is not x86-64 has AVX2 here."""

    has_avx2: bool
    has_int8: bool
    has_bfloat16: bool


@dataclass(frozen=True, slots=True)
class Precision:
    """The number format of each model, and the reason for it."""

    detector: FloatPrecision
    recognizer: Literal["int8"] | FloatPrecision
    reason: str


def processor(*, has_bfloat16: bool, cpuinfo: Path = _CPUINFO) -> Processor:
    """This processor, by the flags the kernel names for its first core."""
    try:
        lines = cpuinfo.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    found = (line.partition(":")[2].split() for line in lines if line.startswith("flags"))
    flags = set(next(found, ("avx2",)))
    return Processor("avx2" in flags, bool(flags & _DOT_PRODUCTS), has_bfloat16)


def choose_precision(
    setting: PrecisionSetting, processor: Processor, *, has_int8_model: bool
) -> Precision:
    """The precision of both models for OCR_PRECISION; int8 is for the recogniser only.

    The detector in int8 was no faster than in bfloat16.

    Raises:
        ConfigurationError: the processor cannot run the models, or int8 has no model.
    """
    if not processor.has_avx2:
        raise ConfigurationError(
            "OCR_ENGINE=openvino needs a processor with AVX2, and this one has none: use a newer"
            " one, or set OCR_ENGINE=onnxruntime"
        )
    if setting == "int8" and not has_int8_model:
        raise ConfigurationError(
            "OCR_PRECISION=int8 needs inference_int8.xml and inference_int8.bin beside the"
            " recogniser's inference.onnx: type `make quantize`, or set OCR_PRECISION=auto"
        )
    detector: FloatPrecision = "float32"
    if setting != "float32" and processor.has_bfloat16:
        detector = "bfloat16"
    if setting == "int8" or (setting == "auto" and has_int8_model and processor.has_int8):
        return Precision(detector, "int8", f"OCR_PRECISION={setting}")
    return Precision(
        detector, detector, _why_float(setting, processor, has_int8_model=has_int8_model)
    )


def _why_float(setting: PrecisionSetting, processor: Processor, *, has_int8_model: bool) -> str:
    lacks = []
    if setting == "auto" and not has_int8_model:
        lacks.append("int8 model")
    if setting == "auto" and not processor.has_int8:
        lacks.append("VNNI or AMX")
    if setting != "float32" and not processor.has_bfloat16:
        lacks.append("bfloat16")
    return f"OCR_PRECISION={setting}" + "".join(f", no {each}" for each in lacks)
