"""The process that renders a PDF: a crash, a hang or too much memory fails one upload alone."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import (
    CorruptImageError,
    DeadlineExceededError,
    EngineUnavailableError,
    ImageTranslationError,
    OverloadedError,
    PermanentError,
)
from pipeline.images import isolated_decoder, pdf
from pipeline.images.pdf import PdfFile, held_bytes, open_pdf
from tests.support.made_pdfs import add_picture_page, pdf_of_texts, picture_stream, saved
from tests.support.memory_peak import peak_of

TWO_PAGES = saved(pdf_of_texts([["NO ENTRY"], ["EXIT"]]))

Misbehave = Callable[..., None]


@pytest.fixture
def misbehave(monkeypatch: pytest.MonkeyPatch) -> Misbehave:
    """Replaces a function of the process with a statement."""
    whole = pdf._PROGRAM

    def replace(function: str, statement: str) -> None:
        broken = (
            "import os, signal, time\n"
            f"def broken(*arguments):\n    {statement}\n"
            f"pdf_process.{function} = broken\n"
        )
        program = whole.replace("pdf_process.main(task)", f"{broken}pdf_process.main(task)")
        monkeypatch.setattr(pdf, "_PROGRAM", program)

    return replace


@pytest.fixture
def short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_OPENING_SECONDS", "_RENDERING_SECONDS"):
        monkeypatch.setattr(pdf, name, 1)
        monkeypatch.setattr(pdf, f"{name}_A_{'PAGE' if 'OPEN' in name else 'MEGAPIXEL'}", 0)
    monkeypatch.setattr(isolated_decoder, "_ELAPSED_PER_CPU_SECOND", 1)


def opened(content: bytes = TWO_PAGES, *, text_layer: bool = False) -> PdfFile:
    return open_pdf(content, max_pixels=10**8, max_pages=20, dpi=100, text_layer=text_layer)


def read(content: bytes = TWO_PAGES) -> None:
    with closing(opened(content)) as document:
        document.page(0)


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL"])
@pytest.mark.parametrize("function", ["_description", "_pixels"])
def test_a_pdf_that_crashes_its_decoder_is_damaged(
    misbehave: Misbehave, name: str, function: str
) -> None:
    """Given a PDF that crashes its process when opened or rendered, then only it is damaged."""
    misbehave(function, f"os.kill(os.getpid(), signal.{name})")
    with pytest.raises(CorruptImageError, match=name):
        read()


@pytest.mark.parametrize("function", ["_description", "_pixels"])
@pytest.mark.parametrize(
    ("statement", "error", "message"),
    [
        ("bytearray(2**30)", CorruptImageError, "more memory"),
        ("os._exit(3)", CorruptImageError, "status 3"),
        ("time.sleep(600)", DeadlineExceededError, "the time it needs"),
        ("exec('while True: pass')", CorruptImageError, "longer than its size explains"),
        ("os.kill(os.getpid(), signal.SIGKILL)", OverloadedError, "memory ran out"),
    ],
)
@pytest.mark.usefixtures("short_limits")
def test_each_end_of_the_process_has_its_error(
    misbehave: Misbehave,
    monkeypatch: pytest.MonkeyPatch,
    *,
    function: str,
    statement: str,
    error: type[ImageTranslationError],
    message: str,
) -> None:
    """Given a process that ends, when it broke a limit, then the PDF is at fault; when it was
    killed or had no time, then the error is transient.
    """
    if "while" in statement:
        # On a busy machine the wall clock must not end what the processor time should.
        monkeypatch.setattr(isolated_decoder, "_ELAPSED_PER_CPU_SECOND", 10)
    misbehave(function, statement)
    with pytest.raises(error, match=message):
        read()


def test_a_library_that_cannot_be_loaded_is_an_engine_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Given no PDF library, when a PDF is opened, then the error is transient."""
    monkeypatch.setattr(pdf, "_PROGRAM", "raise ImportError('no such library')")
    with pytest.raises(EngineUnavailableError):
        read()


def process_of(document: PdfFile) -> int:
    return document._process.pid


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_one_process_reads_all_pages_and_ends_with_the_file() -> None:
    """Given two pages, when both are read, then one process served them, and `close` ends it."""
    with closing(opened()) as document:
        process = process_of(document)
        first, second = document.page(0), document.page(1)
        assert not np.array_equal(first.pixels, second.pixels)
        assert process_of(document) == process
        assert is_running(process)
    assert not is_running(process)


def test_a_refused_pdf_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a PDF that is refused, when opening fails, then its process has ended."""
    started: list[int] = []
    start = isolated_decoder.start

    def noting(*arguments: object) -> object:
        process = start(*arguments)
        started.append(process.pid)
        return process

    monkeypatch.setattr(isolated_decoder, "start", noting)
    with pytest.raises(PermanentError):
        opened(b"%PDF-1.7\n")
    assert len(started) == 1
    assert not is_running(started[0])


def test_closing_ends_a_page_that_hangs(misbehave: Misbehave) -> None:
    """Given a page that hangs in another thread, when the file is closed, then that thread ends."""
    misbehave("_pixels", "time.sleep(600)")
    document = opened()
    ended: list[type[BaseException]] = []

    def read_page() -> None:
        try:
            document.page(0)
        except ImageTranslationError as error:
            ended.append(type(error))

    reader = threading.Thread(target=read_page)
    reader.start()
    document.close()
    reader.join(20)
    assert not reader.is_alive()
    assert len(ended) == 1


def test_the_process_has_no_credentials(
    misbehave: Misbehave, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given credentials in the environment, when a PDF is opened, its process has none of them."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "secret.json")
    misbehave("_opened", "raise pdf_process._DamagedError(' '.join(os.environ))")
    with pytest.raises(CorruptImageError) as refused:
        opened()
    assert "GOOGLE" not in str(refused.value)


def scans() -> Iterator[tuple[str, bytes]]:
    noise = Image.effect_noise((620, 877), 80).convert("RGB")
    for kind, size in (("JPEG", (2480, 3508)), ("JPEG2000", (1654, 2339)), ("raw", (1654, 2339))):
        made = pdf_of_texts([])
        add_picture_page(made, picture_stream(made, noise.resize(size), kind))
        yield kind, saved(made)
    several = pdf_of_texts([])
    for _ in range(4):
        add_picture_page(several, picture_stream(several, noise.resize((2480, 3508)), "JPEG"))
    yield "four scans", saved(several)
    yield "text", saved(pdf_of_texts([["A line of forty characters, more or less"] * 35] * 3))


SCANS = dict(scans())


@pytest.mark.parametrize("content", SCANS.values(), ids=SCANS)
def test_peak_stays_below_the_estimate(content: bytes) -> None:
    """Given pages of any kind, when rendered at 200 dpi, then the memory of both processes stays
    below the bytes that the open file and its largest page are admitted by.
    """
    estimates: list[int] = []

    def render() -> None:
        with closing(
            open_pdf(content, max_pixels=10**8, max_pages=20, dpi=200, text_layer=True)
        ) as document:
            pages = range(document.page_count)
            estimates.extend(document.decode_peak_bytes(index) for index in pages)
            for index in pages:
                document.page(index)

    peak = peak_of(render)
    estimate = max(estimates)
    assert peak <= held_bytes(content) + estimate
    # An estimate that is far too high would waste the budget; nothing bounds content beforehand.
    content_bytes = pdf._CONTENT_BYTES + pdf._TEXT_LAYER_BYTES
    assert estimate - content_bytes <= 3 * peak


def test_the_service_does_not_load_the_library() -> None:
    """Given the modules of the subscriber, when they are imported, then PDFium is not loaded."""
    program = "import sys, pipeline.app; sys.exit(bool({'pypdfium2_raw'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
