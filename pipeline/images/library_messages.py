"""Silences the messages of Pillow and libtiff about damaged files."""

import ctypes
import logging
import re
import warnings
from contextlib import suppress
from pathlib import Path


def silence_decoders() -> None:
    """Stops the messages about damaged files that Pillow and libtiff write to standard error.

    libtiff prints a line for each row of a damaged fax, and Cloud Logging bills every line.
    Pillow has no switch for it, so this clears libtiff's own error handler. Call it after
    Pillow was imported; without effect where the library is not found.
    """
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    with suppress(OSError, AttributeError):
        for path in set(re.findall(r"/\S+/libtiff\S+", Path("/proc/self/maps").read_text())):
            ctypes.CDLL(path).TIFFSetErrorHandler(None)
