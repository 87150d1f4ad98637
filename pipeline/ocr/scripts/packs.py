"""The readers of the installed packs: Tesseract's data, and PP-OCR recognisers."""

from collections.abc import Mapping
from pathlib import Path

from pipeline.ocr.openvino import OpenVinoRecognizer
from pipeline.ocr.scripts.base import ScriptReader
from pipeline.ocr.scripts.pp_ocr_packs import Pack, installed_packs
from pipeline.ocr.scripts.pp_ocr_reader import PpOcrReader
from pipeline.ocr.scripts.registry import SCRIPTS
from pipeline.ocr.scripts.tesseract import Tesseract
from pipeline.ocr.scripts.tesseract_reader import TesseractReader


def installed_readers(model_dir: Path, *, cores: int) -> Mapping[str, ScriptReader]:
    """A reader for each script that something installed reads, by ISO 15924 code.

    A PP-OCR recogniser reads its script instead of Tesseract.

    Raises:
        ConfigurationError: a pack is damaged or incomplete; the message says what to type.
    """
    readers: dict[str, ScriptReader] = dict(_tesseract_readers(cores))
    for code, pack in installed_packs(model_dir).items():
        readers[code] = _pp_ocr_reader(pack, cores)
    return readers


def _pp_ocr_reader(pack: Pack, cores: int) -> PpOcrReader:
    recognizer = OpenVinoRecognizer(pack.weights, "f32", cores=cores)
    return PpOcrReader(pack, recognizer.read, class_count=recognizer.class_count, cores=cores)


def _tesseract_readers(cores: int) -> Mapping[str, TesseractReader]:
    # Half of the cores: the memory of each process is kept free all the time.
    tesseract = Tesseract.find(cores=max(1, cores // 2))
    if tesseract is None:
        return {}
    readers = {
        code: TesseractReader(tesseract, code)
        for code, script in SCRIPTS.items()
        if tesseract.data & set(script.tesseract.values())
    }
    if readers:
        tesseract.check([data for reader in readers.values() for data in reader.data])
    return readers
