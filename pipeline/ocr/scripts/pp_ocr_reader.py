"""The reader that a PP-OCR recogniser makes for a script, run by OpenVINO."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pipeline.errors import ConfigurationError
from pipeline.ocr import ctc
from pipeline.ocr.line_recognition import ReadPictures, read_line
from pipeline.ocr.memory_estimate import OPENVINO_RECOGNITION_BYTES
from pipeline.ocr.scripts.base import ScriptLine, ScriptText
from pipeline.ocr.scripts.normalisation import cleaned, logical
from pipeline.ocr.scripts.pp_ocr_packs import Pack, install_command


class PpOcrReader:
    """Reads lines of one script.

    Threading: may be shared; the lines go through one pool with a thread for each core.
    """

    def __init__(self, pack: Pack, read: ReadPictures, *, class_count: int, cores: int) -> None:
        """`read` runs the pack's weights, which tell `class_count` classes apart.

        Raises:
            ConfigurationError: the pack's characters do not fit its weights.
        """
        self._pack = pack
        self._read = read
        self._cores = cores
        self._classes = ctc.classes(pack.characters)
        if len(self._classes) != class_count:
            folder = pack.weights.parent
            raise ConfigurationError(
                f"the pack {folder} names {len(self._classes)} characters and its weights tell"
                f" {class_count} apart; to install it again, run:"
                f" {install_command(pack.script, folder.parent.parent)}"
            )
        self._pool = ThreadPoolExecutor(cores, thread_name_prefix=pack.script.name)

    def read(self, lines: Sequence[ScriptLine]) -> list[ScriptText]:
        """See `ScriptReader.read`."""
        return list(self._pool.map(self._line, lines))

    def _line(self, line: ScriptLine) -> ScriptText:
        reading, _ = read_line(self._read, line.picture, self._classes)
        return ScriptText(
            logical(cleaned(reading.text), self._pack.script.code), reading.confidence
        )

    def describe(self) -> Mapping[str, Any]:
        """See `ScriptReader.describe`."""
        return {"name": "pp-ocr", "sha256": self._pack.sha256}

    def reserve_bytes(self) -> int:
        """See `ScriptReader.reserve_bytes`."""
        return OPENVINO_RECOGNITION_BYTES["float32"] * self._cores // 2
