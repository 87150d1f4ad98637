"""The memory estimate of decoding against the peak that a new process measures."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.image_encoding import encoded

# Prints the peak that one decode adds to a new process, as the kernel measures it. For formats
# that a child process decodes, the peak is the highest sum of both processes.
_PEAK_OF_ONE_DECODE = """
import re, sys, threading
from pathlib import Path
from PIL import Image
from pipeline.images.image_file import open_image
from pipeline.capacity.process_memory import resident_bytes
from tests.support.image_encoding import encoded

def status_bytes(key):
    return int(re.search(key + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024

def watch():
    while not decoded.is_set():
        seen.append(resident_bytes())

content, min_long_side = Path(sys.argv[1]).read_bytes(), int(sys.argv[2]) or None
small = encoded(Image.new("RGB", (9, 9)), "PNG")  # loads the libraries
open_image(small, max_pixels=10**8, max_pages=1).page(0)
image = open_image(content, max_pixels=10**8, max_pages=1)
seen, decoded = [resident_bytes()], threading.Event()
watcher = threading.Thread(target=watch)
if image.format in {"AVIF", "HEIC"}:
    watcher.start()
Path("/proc/self/clear_refs").write_text("5")
before = status_bytes("VmRSS")
page = image.page(0, min_long_side=min_long_side)
decoded.set()
peak = max(status_bytes("VmHWM") - before, max(seen) - seen[0])
print(peak, image.decode_peak_bytes(0, min_long_side=min_long_side))
"""


@pytest.mark.parametrize(
    ("mode", "name", "min_long_side", "options"),
    [
        ("RGB", "JPEG", 0, {}),
        ("RGB", "JPEG", 640, {}),
        ("RGB", "JPEG", 640, {"progressive": True, "subsampling": 0}),
        ("RGBA", "PNG", 0, {"compress_level": 1}),
        ("L", "PNG", 640, {"compress_level": 1}),
        ("RGB", "TIFF", 0, {"tiffinfo": {274: 6}}),
        ("RGBA", "WEBP", 0, {"method": 0}),
        ("RGBA", "AVIF", 640, {"speed": 10, "subsampling": "4:4:4"}),
        ("RGB", "HEIC", 640, {"chroma": "444", "enc_params": {"preset": "ultrafast"}}),
    ],
)
def test_peak_stays_below_the_estimate(
    mode: str, name: str, min_long_side: int, options: dict[str, object], tmp_path: Path
) -> None:
    """Given a picture of any kind, when decoded, then its peak stays below the estimate."""
    noise = np.random.default_rng(5).integers(0, 256, (150, 200, 4), dtype=np.uint8)
    picture = Image.fromarray(noise).convert(mode).resize((2000, 1500), Image.Resampling.BICUBIC)
    file = tmp_path / "picture"
    file.write_bytes(encoded(picture, name, **options))
    finished = subprocess.run(
        [sys.executable, "-c", _PEAK_OF_ONE_DECODE, str(file), str(min_long_side)],
        check=True,
        capture_output=True,
        text=True,
    )
    peak, estimated = (int(number) for number in finished.stdout.split())
    assert peak <= estimated
    # An estimate that is far too high would waste the budget.
    assert estimated <= 3 * peak + 20_000_000
