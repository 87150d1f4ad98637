"""Which precision a processor gets."""

from pathlib import Path

import pytest

from pipeline.config import load_settings
from pipeline.errors import ConfigurationError
from pipeline.ocr.precision import Processor, choose_precision, processor

FULL = Processor(has_avx2=True, has_int8=True, has_bfloat16=True)
OLD = Processor(has_avx2=True, has_int8=False, has_bfloat16=False)


@pytest.mark.parametrize(
    ("setting", "on", "has_model", "detector", "recognizer"),
    [
        ("auto", FULL, True, "bfloat16", "int8"),
        ("auto", FULL, False, "bfloat16", "bfloat16"),
        ("auto", OLD, True, "float32", "float32"),
        ("int8", OLD, True, "float32", "int8"),
        ("bfloat16", FULL, True, "bfloat16", "bfloat16"),
        ("bfloat16", OLD, True, "float32", "float32"),
        ("float32", FULL, True, "float32", "float32"),
    ],
)
def test_a_processor_gets_the_fastest_it_has(
    setting: str, on: Processor, has_model: bool, detector: str, recognizer: str
) -> None:
    """Given a setting, a processor and a model, each part computes as fast as all three allow."""
    chosen = choose_precision(setting, on, has_int8_model=has_model)
    assert (chosen.detector, chosen.recognizer) == (detector, recognizer)
    assert chosen.reason.startswith(f"OCR_PRECISION={setting}")


def test_the_reason_names_each_thing_that_is_missing() -> None:
    """Given an old processor and no model, the reason names all that would be faster."""
    chosen = choose_precision("auto", OLD, has_int8_model=False)
    assert chosen.reason == "OCR_PRECISION=auto, no int8 model, no VNNI or AMX, no bfloat16"


def test_int8_without_its_model_says_what_to_type() -> None:
    """Given int8 and no quantised model, the start is refused and names `make quantize`."""
    with pytest.raises(ConfigurationError, match="make quantize"):
        choose_precision("int8", FULL, has_int8_model=False)


def test_a_processor_without_avx2_is_refused() -> None:
    """Given a processor without AVX2, the start is refused and names another engine."""
    with pytest.raises(ConfigurationError, match="OCR_ENGINE=onnxruntime"):
        choose_precision("auto", Processor(False, False, False), has_int8_model=True)


def test_an_unknown_precision_is_refused() -> None:
    """Given a precision nobody knows, the settings name those there are."""
    with pytest.raises(ConfigurationError, match=r"OCR_PRECISION.*'int8'"):
        load_settings(uploads_bucket="in", results_bucket="out", ocr_precision="int4")


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu avx2 avx512_vnni", Processor(True, True, False)),
        ("fpu avx2", Processor(True, False, False)),
        ("fpu sse4_2 avx", Processor(False, False, False)),
    ],
)
def test_the_kernel_names_the_flags(flags: str, expected: Processor, tmp_path: Path) -> None:
    """Given a cpuinfo file, the first core's flags decide."""
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nflags\t\t: {flags}\n\nprocessor\t: 1\nflags\t\t: none\n")
    assert processor(has_bfloat16=False, cpuinfo=cpuinfo) == expected


def test_without_flags_a_processor_is_trusted(tmp_path: Path) -> None:
    """Given a system that names no flags, the models are tried, without int8."""
    assert processor(has_bfloat16=False, cpuinfo=tmp_path / "no").has_avx2
