"""The corpus of hostile files through the image reader: each file ends as its entry allows."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import CorruptImageError, ImageTooLargeError, UnsupportedImageError
from pipeline.images.page_file import OpeningLimits, open_file
from tests.support.hostile_corpus import hostile_files
from tests.support.hostile_file import ANYTHING, MAX_PIXELS, READ, HostileFile
from tests.support.image_encoding import healthy_pictures

# Pillow correctly warns of damaged metadata and continues.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

FILES = list(hostile_files())
HEALTHY = healthy_pictures()
LONGEST_SECONDS = 10.0
MAX_PAGES = 20


def read_all(file: HostileFile) -> str:
    """Reads every page of a file like the subscriber; returns the code of the outcome."""
    try:
        image = open_file(file.content, OpeningLimits(MAX_PIXELS, MAX_PAGES))
    except (CorruptImageError, ImageTooLargeError, UnsupportedImageError) as error:
        return error.code
    try:
        assert 1 <= image.page_count <= MAX_PAGES
        for index in range(image.page_count):
            page = image.page(index, min_long_side=1280)
            assert page.pixels.dtype == np.uint8
            assert page.pixels.flags.c_contiguous
            assert page.pixels.shape == (*image.decoded_size(index, min_long_side=1280)[::-1], 3)
            assert page.pixels.nbytes < image.decode_peak_bytes(index, min_long_side=1280)
    except (CorruptImageError, ImageTooLargeError, UnsupportedImageError) as error:
        return error.code
    finally:
        image.close()
    return READ


def run_within(seconds: float, work: Callable[[], str]) -> str:
    """Returns the result of `work`; a decoder that hangs fails the test and does not
    stop the suite.
    """
    ended: list[str | BaseException] = []

    def run() -> None:
        try:
            ended.append(work())
        except BaseException as error:  # noqa: BLE001  # raised again in the test's thread
            ended.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert ended, f"still decoding after {seconds} s"
    if isinstance(ended[0], BaseException):
        raise ended[0]
    return ended[0]


def test_corpus_is_large_and_the_same_every_time() -> None:
    """Given the generator, when run twice, then both runs give the same files, more
    than 300, all with names.
    """
    assert len(FILES) >= 300
    assert len({file.name for file in FILES}) == len(FILES)
    assert FILES[::7] == list(hostile_files())[::7]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_hostile_file_has_an_allowed_outcome(file: HostileFile) -> None:
    """Given a hostile file, when read, then it ends in time with an allowed outcome."""
    started = time.monotonic()
    assert run_within(LONGEST_SECONDS, lambda: read_all(file)) in file.allowed
    assert time.monotonic() - started < LONGEST_SECONDS


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(sorted(HEALTHY)))
def test_any_damage_is_a_declared_error(data: st.DataObject, name: str) -> None:
    """Given a picture with any part overwritten, when read, then only declared
    errors are raised.
    """
    content = HEALTHY[name]
    at = data.draw(st.integers(0, len(content)))
    piece = data.draw(st.binary(max_size=40))
    damaged = content[:at] + piece + content[at + data.draw(st.integers(0, 40)) :]
    file = HostileFile(name, damaged, ANYTHING)
    assert run_within(LONGEST_SECONDS, lambda: read_all(file)) in ANYTHING
