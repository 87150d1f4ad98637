"""Silences what Pillow and libtiff print about the files they decode."""

import ctypes
import logging
import re
import warnings
from contextlib import suppress
from pathlib import Path


def silence_decoders() -> None:
    """Has Pillow and libtiff no longer write to standard error what they think of a file.

    It may be a line for each row of a fax, that Cloud Logging bills and nobody could act on.
    Pillow offers no way to silence the library; call this after it was imported. Without
    effect where that is not found.
    """
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    with suppress(OSError, AttributeError):
        for path in set(re.findall(r"/\S+/libtiff\S+", Path("/proc/self/maps").read_text())):
            ctypes.CDLL(path).TIFFSetErrorHandler(None)
