"""Translations that instances share: what is found, what is refused, how long is waited."""

import io
import json
import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import StoreUnavailableError
from pipeline.language.identification import LanguageIdentifier
from pipeline.models import Line, PageText, Paragraph, Translation
from pipeline.telemetry import make_logger
from pipeline.translation.engines.fake import FakeTranslator
from pipeline.translation.step import TranslatedPages, TranslationStep
from pipeline.translation.stored_translations import (
    Place,
    StoredTranslations,
    object_digest,
    parse,
    render,
)

SQUARE = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))
PLACE = Place.parse("gs://memory/texts")
TEXTS = ("La puerta", "El perro")
KEY = ("es", "en", "La puerta")
DIGEST = object_digest({"name": "fake"}, KEY)
KEPT = Translation("The door", "google", via="fr", glossary=True, detected_language="es")


class Objects:
    """A bucket in memory; `answer` may replace what a read returns."""

    def __init__(self, answer: Callable[[bytes | None], bytes | None] | None = None) -> None:
        self.contents: dict[str, bytes] = {}
        self.reads: list[str] = []
        self._answer = answer or (lambda content: content)

    def read(self, bucket: str, name: str, *, longest: int, seconds: float) -> bytes | None:
        assert (bucket, seconds > 0) == ("memory", True)
        self.reads.append(name)
        content = self._answer(self.contents.get(name))
        return None if content is None else content[:longest]

    def replace(self, bucket: str, name: str, content: bytes, *, seconds: float) -> None:
        assert (bucket, seconds > 0) == ("memory", True)
        self.contents[name] = content


class FailingObjects(Objects):
    def read(self, bucket: str, name: str, *, longest: int, seconds: float) -> bytes | None:
        raise StoreUnavailableError(f"{bucket}/{name} refuses")

    def replace(self, bucket: str, name: str, content: bytes, *, seconds: float) -> None:
        raise ZeroDivisionError("a bug of the library")


class HangingObjects(Objects):
    """Answers only when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def read(self, bucket: str, name: str, *, longest: int, seconds: float) -> bytes | None:
        self.reads.append(name)
        self.released.wait(20)
        return None

    def replace(self, bucket: str, name: str, content: bytes, *, seconds: float) -> None:
        self.released.wait(20)


def translate(
    identifier: LanguageIdentifier,
    objects: Objects,
    *texts: str,
    log: io.StringIO | None = None,
    seconds: float = 5.0,
    translator: FakeTranslator | None = None,
    targets: tuple[str, ...] = ("en",),
) -> tuple[TranslatedPages, FakeTranslator]:
    """Translates with the memory of a new process."""
    fake = translator or FakeTranslator()
    stored = StoredTranslations(
        objects, PLACE, seconds=seconds, logger=make_logger(log or io.StringIO())
    )
    step = TranslationStep(fake, identifier, stored=stored)
    page = PageText(
        0, 10, 10, 0, tuple(Paragraph(text, SQUARE, (Line(text, 0.9, SQUARE),)) for text in texts)
    )
    try:
        translated = step.translate_pages(
            (page,),
            source_language="es",
            target_languages=targets,
            deadline=time.monotonic() + 30,
        )
    finally:
        step.close()
    return translated, fake


def texts_of(translated: TranslatedPages) -> list[str]:
    return [each.translations["en"].text for each in translated.pages[0].paragraphs]


RIGHT = [f"es>en:{text}" for text in TEXTS]


def test_another_process_pays_nothing(identifier: LanguageIdentifier) -> None:
    """Given texts that one process translated, when another translates them, then it sends none."""
    objects = Objects()
    first, _ = translate(identifier, objects, *TEXTS, targets=("en", "fr"))
    second, fake = translate(identifier, objects, *TEXTS, targets=("en", "fr"))
    assert fake.calls == []
    assert texts_of(second) == texts_of(first) == RIGHT
    assert second.characters_translated == 0
    assert second.characters_remembered == first.characters_translated == 2 * len("".join(TEXTS))
    assert first.characters_remembered == 0
    assert all(name.startswith("texts/") for name in objects.contents)


def test_only_new_texts_are_sent(identifier: LanguageIdentifier) -> None:
    """Given one known text of two, when translated, then the other is sent and kept."""
    objects = Objects()
    translate(identifier, objects, TEXTS[0])
    translated, fake = translate(identifier, objects, *TEXTS)
    assert [call[0] for call in fake.calls] == [(TEXTS[1],)]
    assert texts_of(translated) == RIGHT
    assert translated.characters_remembered == len(TEXTS[0])
    assert len(objects.contents) == 2


@pytest.mark.parametrize(
    "garbage",
    [
        lambda _: b"",
        lambda _: b"\xff\x00 no JSON",
        lambda _: b"[" * 100_000,
        lambda content: content[:-9],
        lambda content: content.replace(b"es>en", b"es>xx"),
        lambda content: content + b" ",
        lambda _: render(KEPT, "0" * 64),
        lambda _: render(Translation(5, "google"), DIGEST),  # type: ignore[arg-type]
        lambda _: b"{}",
        lambda _: b"x" * 2**21,
    ],
    ids=range(10),
)
def test_garbage_is_never_used(
    identifier: LanguageIdentifier, garbage: Callable[[bytes], bytes]
) -> None:
    """Given a store that returns other bytes than were written, when translated, then the text
    is sent, the document is right, and the log says so.
    """
    objects = Objects(lambda content: garbage(content) if content else None)
    log = io.StringIO()
    translate(identifier, objects, *TEXTS)
    translated, fake = translate(identifier, objects, *TEXTS, log=log)
    assert texts_of(translated) == RIGHT
    assert [call[0] for call in fake.calls] == [TEXTS]
    assert json.loads(log.getvalue().splitlines()[0])["event"] == "translation_memory"
    assert "puerta" not in log.getvalue()


def test_damaged_objects_are_written_anew(identifier: LanguageIdentifier) -> None:
    """Given a damaged object, when its text is translated again, then the object is whole."""
    objects = Objects()
    translate(identifier, objects, *TEXTS)
    whole = dict(objects.contents)
    objects.contents = dict.fromkeys(whole, b"damaged")
    translate(identifier, objects, *TEXTS)
    assert objects.contents == whole


def test_a_failing_store_costs_only_the_translation(identifier: LanguageIdentifier) -> None:
    """Given a store that refuses reads and breaks on writes, when translated, then the texts are
    sent, the document is right and one line is logged.
    """
    log = io.StringIO()
    translated, fake = translate(identifier, FailingObjects(), *TEXTS, log=log)
    assert texts_of(translated) == RIGHT
    assert [call[0] for call in fake.calls] == [TEXTS]
    assert "store_unavailable" in log.getvalue()
    assert len(log.getvalue().splitlines()) == 1


def test_a_hanging_store_is_waited_for_once() -> None:
    """Given a store that does not answer, when two images are translated, then only the first
    waits, for the time limit.
    """
    objects = HangingObjects()
    stored = StoredTranslations(objects, PLACE, seconds=0.2, logger=make_logger(io.StringIO()))
    deadline = time.monotonic() + 30
    started = time.monotonic()
    assert stored.find({}, [KEY], deadline=deadline) == {}
    assert 0.2 <= time.monotonic() - started < 2
    asked = len(objects.reads)
    started = time.monotonic()
    assert stored.find({}, [KEY], deadline=deadline) == {}
    stored.keep({}, {KEY: KEPT}, deadline=deadline)
    assert len(objects.reads) == asked
    assert time.monotonic() - started < 0.2
    stored.close()
    objects.released.set()


def test_a_slow_store_is_asked_again_after_a_pause() -> None:
    """Given a store that was too slow, when the pause is over, then it is asked again."""
    objects, now = HangingObjects(), [0.0]
    stored = StoredTranslations(
        objects, PLACE, seconds=0.05, clock=lambda: now[0], logger=make_logger(io.StringIO())
    )
    stored.find({}, [KEY], deadline=9)
    objects.released.set()
    now[0] = 29
    stored.find({}, [KEY], deadline=99)
    assert len(objects.reads) == 1
    now[0] = 31
    stored.find({}, [KEY], deadline=99)
    assert len(objects.reads) == 2
    stored.close()


@given(
    text=st.text(),
    engine=st.text(),
    via=st.none() | st.text(),
    glossary=st.booleans(),
    detected=st.none() | st.text(),
)
def test_a_translation_comes_back(
    text: str, engine: str, via: str | None, glossary: bool, detected: str | None
) -> None:
    """Given any translation, when written and read, then it is the same, and bills nothing."""
    kept = Translation(
        text, engine, via=via, glossary=glossary, billed=9, detected_language=detected
    )
    assert parse(render(kept, DIGEST), DIGEST) == Translation(
        text, engine, via=via, glossary=glossary, detected_language=detected
    )


@given(st.binary(max_size=99) | st.text().map(str.encode))
def test_other_bytes_are_no_translation(content: bytes) -> None:
    """Given any other bytes, when read, then there is no translation."""
    assert parse(content, DIGEST) is None


@pytest.mark.parametrize(
    ("engine", "key"),
    [
        ({"name": "other"}, KEY),
        ({"name": "fake", "glossary": "1"}, KEY),
        ({"name": "fake"}, ("fr", "en", "La puerta")),
        ({"name": "fake"}, ("es", "de", "La puerta")),
        ({"name": "fake"}, ("es", "en", "La puerta ")),
    ],
)
def test_each_part_of_the_key_decides(engine: dict[str, str], key: tuple[str, str, str]) -> None:
    """Given another engine, glossary, language or text, then the object is another."""
    assert object_digest(engine, key) != DIGEST


@pytest.mark.parametrize(
    ("uri", "bucket", "prefix"),
    [
        ("gs://memory", "memory", ""),
        ("gs://memory/", "memory", ""),
        ("gs://memory/a/b/", "memory", "a/b/"),
    ],
)
def test_the_place_is_read(uri: str, bucket: str, prefix: str) -> None:
    """Given an address with or without a prefix, then names begin with the prefix and a slash."""
    assert Place.parse(uri) == Place(bucket, prefix)
