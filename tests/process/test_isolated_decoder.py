"""The isolated decoder: a crash, a hang or excessive memory is the error of one image alone."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from pipeline.capacity.process_memory import MEBIBYTE
from pipeline.errors import (
    CorruptImageError,
    DeadlineExceededError,
    EngineUnavailableError,
    ImageTranslationError,
    OverloadedError,
)
from pipeline.images import isolated_decoder
from pipeline.images.image_file import ImageFile, open_image
from tests.support.image_encoding import encoded
from tests.support.memory_peak import peak_of
from tests.support.mismatched_images import MISMATCHED_AVIF, MISMATCHED_HEIC

ROOT = Path(__file__).parents[2]
PICTURE = encoded(Image.new("RGB", (64, 64), "white"), "AVIF")

# The real program with a decoder that runs the statements of a test.
_PROGRAM = """
import json, os, signal, sys, time
sys.path.append({root!r})
from pipeline.images import decoder_process

class Picture:
    mode, size, info = "RGB", (64, 64), {{}}
    def __init__(self, stream):
        {opening}
    def load(self):
        {loading}

{before}
decoder_process._picture_class = lambda name: Picture
decoder_process.main(json.loads(sys.argv[1]))
"""

Misbehave = Callable[..., None]


@pytest.fixture
def misbehave(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Misbehave:
    """Replaces the decoder with one that runs a statement before, while opening or
    while loading.
    """

    def replace(*, before: str = "", opening: str = "pass", loading: str = "pass") -> None:
        program = tmp_path / "decoder.py"
        program.write_text(
            _PROGRAM.format(root=str(ROOT), before=before, opening=opening, loading=loading)
        )
        monkeypatch.setattr(isolated_decoder, "_PROGRAM", program)

    return replace


def opened(content: bytes) -> ImageFile:
    return open_image(content, max_pixels=10_000_000, max_pages=1)


@pytest.mark.parametrize("content", [MISMATCHED_AVIF, MISMATCHED_HEIC], ids=["AVIF", "HEIC"])
def test_a_stream_larger_than_its_header_is_damaged(content: bytes) -> None:
    """Given a header of 64 x 64 and a stream of 144 megapixels, when decoded, then the image is
    damaged and its peak stays below the estimate.
    """
    image = opened(content)
    assert image.page_size(0) == (64, 64)

    def decode() -> None:
        with pytest.raises(CorruptImageError):
            image.page(0)

    assert peak_of(decode) <= image.decode_peak_bytes(0) <= 40 * MEBIBYTE


@pytest.mark.parametrize("side", [32, 64, 200])
def test_a_small_picture_of_many_tiles_is_decoded(side: int) -> None:
    """Given a HEIC of many tiles, each decoded by one thread, when decoded, then the memory limit
    is high enough.
    """
    picture = Image.effect_noise((200, 150), 60).convert("RGB")
    whole = opened(encoded(picture, "HEIC", quality=90)).page(0).pixels
    tiled = opened(encoded(picture, "HEIC", quality=90, tile_size=side)).page(0).pixels
    assert tiled.shape == whole.shape
    assert abs(tiled.astype(int) - whole.astype(int)).mean() < 8


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL"])
@pytest.mark.parametrize("when", ["opening", "loading"])
def test_a_picture_that_crashes_its_decoder_is_damaged(
    misbehave: Misbehave, name: str, when: str
) -> None:
    """Given a decoder that crashes, when it reads a picture, then the picture is damaged and no
    other process dies.
    """
    image = opened(PICTURE)
    misbehave(**{when: f"os.kill(os.getpid(), signal.{name})"})
    with pytest.raises(CorruptImageError, match=name):
        opened(PICTURE) if when == "opening" else image.page(0)


@pytest.mark.parametrize(
    ("statement", "error", "message"),
    [
        ("bytearray(2**30)", CorruptImageError, "more memory"),
        ("raise ValueError('libheif says no')", CorruptImageError, "libheif says no"),
        ("self.size = (65, 64)", CorruptImageError, "another size"),
        ("os._exit(3)", CorruptImageError, "status 3"),
        ("time.sleep(600)", DeadlineExceededError, "the time it needs"),
        ("os.kill(os.getpid(), signal.SIGKILL)", OverloadedError, "memory ran out"),
    ],
)
def test_each_end_of_a_decoder_has_its_error(
    misbehave: Misbehave,
    monkeypatch: pytest.MonkeyPatch,
    statement: str,
    error: type[ImageTranslationError],
    message: str,
) -> None:
    """Given a decoder that ends, when it broke a limit or failed, then the image is at fault; when
    it was killed from outside, then the error is transient.
    """
    monkeypatch.setattr(isolated_decoder, "_CPU_SECONDS", 1)
    monkeypatch.setattr(isolated_decoder, "_CPU_SECONDS_A_MEGAPIXEL", 0)
    monkeypatch.setattr(isolated_decoder, "_ELAPSED_PER_CPU_SECOND", 1)
    image = opened(PICTURE)
    misbehave(loading=statement)
    with pytest.raises(error, match=message):
        image.page(0)


def test_a_decoder_that_never_ends_is_stopped(
    misbehave: Misbehave, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a decoder that never ends, when its processor time is used up, then the
    picture is damaged.
    """
    monkeypatch.setattr(isolated_decoder, "_CPU_SECONDS", 1)
    monkeypatch.setattr(isolated_decoder, "_CPU_SECONDS_A_MEGAPIXEL", 0)
    misbehave(opening="exec('while True: pass')")
    with pytest.raises(CorruptImageError, match="longer than its size explains"):
        opened(PICTURE)


def test_a_decoder_that_cannot_be_loaded_is_an_engine_error(misbehave: Misbehave) -> None:
    """Given a decoder that fails before it reads the file, when a picture is opened, then the error
    is transient.
    """
    misbehave(before="raise ImportError('no such library')")
    with pytest.raises(EngineUnavailableError):
        opened(PICTURE)


def test_no_decoder_outlives_its_picture(misbehave: Misbehave, tmp_path: Path) -> None:
    """Given a decoder that continues after its answer, when the answer is read, then
    the decoder is ended.
    """
    pid_file = tmp_path / "pid"
    misbehave(
        before=f"open({str(pid_file)!r}, 'w').write(str(os.getpid()))",
        opening="self.size = (2, 2); import atexit; atexit.register(time.sleep, 600)",
    )
    with pytest.raises(ImageTranslationError):
        isolated_decoder.read_picture("AVIF", PICTURE, (1, 1), 2**26)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


def test_a_decoder_has_no_credentials(
    misbehave: Misbehave, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given credentials in the environment, when the decoder runs, then it has none of them."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "secret.json")
    misbehave(opening="raise ValueError(' '.join(os.environ))")
    with pytest.raises(CorruptImageError) as refused:
        opened(PICTURE)
    assert not re.search(r"GOOGLE|BUCKET", str(refused.value))
