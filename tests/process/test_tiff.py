"""The TIFF decoder prints no messages of libtiff."""

import subprocess
import sys

_DAMAGED_TIFFS = """
from pipeline import errors
from pipeline.images import image_file, library_messages
from tests.support.image_encoding import healthy_pictures
from tests.support.image_encoding import tiff as tiff_of
library_messages.silence_decoders()
page = [(256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
try:
    image_file.open_image(tiff_of([*page, (277, 3, 1, 8)]), max_pixels=10**6, max_pages=1)
except errors.CorruptImageError:
    pass
fax = bytearray(healthy_pictures()["fax.tif"])
fax[20:120] = bytes(byte ^ 0x5A for byte in fax[20:120])
image_file.open_image(bytes(fax), max_pixels=10**6, max_pages=1).page(0)
"""


def test_libtiff_prints_no_message() -> None:
    """Given damaged rows and too many colours, when libtiff is silenced, then it prints nothing."""
    command = [sys.executable, "-c", _DAMAGED_TIFFS]
    finished = subprocess.run(command, check=True, capture_output=True, text=True)
    assert finished.stderr == ""
