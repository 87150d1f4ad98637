"""One suite over every translator: the behaviour that the Protocol promises."""

import random
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import DeadlineExceededError
from pipeline.translation.engines.apertium import ApertiumTranslator
from pipeline.translation.engines.base import Translator
from pipeline.translation.engines.ctranslate2 import CTranslate2Translator
from pipeline.translation.engines.fake import FakeTranslator
from pipeline.translation.engines.google import GoogleOptions, GoogleTranslator
from pipeline.translation.engines.google_fake import FakeCloudTranslation
from pipeline.translation.engines.none import NoTranslator
from tests.conftest import missing
from tests.support.tiny_translation_models import convert_tiny_models

SOURCE, TARGET = "es", "en"
# These numbers distinguish the answers; a model of 250 kB loses a digit that is repeated.
NUMBERS = [number for number in range(100) if number % 11 or not number]
ODD = {
    "emoji": "\U0001f600 hola \U0001f468\u200d\U0001f469\u200d\U0001f467 amigo",
    "right to left": "\u0645\u062e\u0631\u062c hola \u05d9\u05e6\u05d9\u05d0\u05d4",
    "control characters": "uno\x00dos\x1b[31m tres\x7f\u202e",
    "markup": "Fish & Chips <new> [1] {2} ^3$ @4 /5 \\6 ~7 #8 *9 %s ${x}",
    "lone surrogate": "uno \ud83d dos",
    "several lines": "La puerta\nEl perro grande\n\nLa mesa",
    "brackets left open": "[[t:b:x]] \\[ \\ ] ^perro<n>/dog<n>$ [",
}


def _apertium() -> Translator:
    if shutil.which("apertium") is None:
        missing("Apertium")
    return ApertiumTranslator.from_installation()


def _ctranslate2() -> Translator:
    with tempfile.TemporaryDirectory() as folder:
        return CTranslate2Translator(convert_tiny_models(Path(folder), "es-en"), threads=1)


class _FakeCloud(GoogleTranslator):
    """The real client with a fake Cloud Translation server on this machine."""

    @classmethod
    def start(cls) -> Translator:
        server = FakeCloudTranslation()
        server.start()
        translator = cls.connect(GoogleOptions("p", endpoint=server.endpoint))
        translator.server = server
        return translator

    server: FakeCloudTranslation

    def close(self) -> None:
        super().close()
        self.server.shutdown()
        self.server.server_close()


ENGINES: dict[str, Callable[[], Translator]] = {
    "fake": FakeTranslator,
    "apertium": _apertium,
    "ctranslate2": _ctranslate2,
    "google": _FakeCloud.start,
}


@pytest.fixture(params=ENGINES, scope="module")
def translator(request: pytest.FixtureRequest) -> Iterator[Translator]:
    translator = ENGINES[request.param]()
    yield translator
    translator.close()


def translate(translator: Translator, *texts: str, seconds: float = 120) -> list[str]:
    answers = translator.translate(
        texts, source=SOURCE, target=TARGET, deadline=time.monotonic() + seconds
    )
    assert {answer.engine for answer in answers} <= {translator.name}
    return [answer.text for answer in answers]


def test_answers_keep_the_order_of_their_texts(translator: Translator) -> None:
    """Given different texts, when translated together, then each answer equals that
    of the text alone.
    """
    texts = ["La puerta", "El perro", "La mesa", "La puerta", "Agua"]
    assert translate(translator, *texts) == [translate(translator, text)[0] for text in texts]


def test_a_text_is_translated(translator: Translator) -> None:
    """Given a plain text, when translated, then the answer is not empty and differs
    from the text.
    """
    (answer,) = translate(translator, "La puerta está cerrada")
    assert answer.strip()
    assert answer != "La puerta está cerrada"


def test_no_texts_have_no_translations(translator: Translator) -> None:
    """Given no texts, when translated, then there are no translations."""
    assert translate(translator) == []


def test_blank_texts_stay_blank(translator: Translator) -> None:
    """Given blank texts among others, when translated, then the blank texts are unchanged."""
    answers = translate(translator, "", "La puerta", "   ", "\n", "El perro")
    assert [answers[0], answers[2], answers[3]] == ["", "   ", "\n"]
    assert answers[1] == translate(translator, "La puerta")[0]


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_a_hostile_text_does_not_change_its_neighbours(translator: Translator, text: str) -> None:
    """Given a text of hostile characters, when translated, then the answers of its
    neighbours do not change.
    """
    before, answer, after = translate(translator, "La puerta", text, "El perro")
    assert answer.strip()
    assert [before, after] == translate(translator, "La puerta", "El perro")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(max_size=80) | st.text("^$@/<>[]{}\\~*+ aB.\n\x00", max_size=40))
def test_any_text_leaves_its_neighbours_unchanged(translator: Translator, text: str) -> None:
    """Given any text, when translated, then its neighbours do not change and words stay words."""
    before, answer, after = translate(translator, "La puerta", text, "El perro")
    assert [before, after] == translate(translator, "La puerta", "El perro")
    assert answer.strip() or not any(map(str.isalnum, text))


def test_two_thousand_texts_get_their_answers(translator: Translator) -> None:
    """Given 2,000 texts, when translated at once, then each answer belongs to its text."""
    names = ("La puerta", "El perro", "La mesa", "La casa")
    alone = {
        text: translate(translator, text)[0]
        for text in (f"{name} {number}" for name in names for number in range(10))
    }
    assert len(set(alone.values())) == 40
    texts = random.Random(6).choices(list(alone), k=2000)
    assert translate(translator, *texts) == [alone[text] for text in texts]


def test_a_very_long_text_is_complete_and_in_order(translator: Translator) -> None:
    """Given 100,000 characters, when translated, then no number is lost and their order stays."""
    text = "".join(f"El perro {NUMBERS[number % 91]}. " for number in range(9000))[:100_000]
    (answer,) = translate(translator, text)
    assert numbers(answer) == numbers(text)


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+", text)


def test_concurrent_callers_get_their_answers(translator: Translator) -> None:
    """Given eight callers, when all translate at once, then each gets its own answers."""

    def one(caller: int) -> list[str]:
        return translate(translator, *(f"La mesa {caller}0{number}" for number in range(1, 40)))

    with ThreadPoolExecutor(8) as callers:
        together = list(callers.map(one, range(8)))
    assert together == [one(caller) for caller in range(8)]


def test_a_passed_deadline_is_an_error(translator: Translator) -> None:
    """Given a deadline in the past, when translating, then the error says that it has passed."""
    with pytest.raises(DeadlineExceededError):
        translate(translator, "Un texto nunca visto", seconds=-1)


def test_a_route_has_both_ends_or_is_none(translator: Translator) -> None:
    """Given a pair of languages, when the route is asked for, then it has both ends or is None."""
    assert translator.route("es", "en") == ("es", "en")
    assert translator.route("es-MX", "en-GB") is not None
    assert translator.route("en", "en") is None


def test_a_pair_without_a_route_is_a_value_error(translator: Translator) -> None:
    """Given a pair without a route, when it is translated, then a ValueError is raised."""
    with pytest.raises(ValueError, match="no route"):
        translator.translate(["x"], source="en", target="en", deadline=time.monotonic() + 9)


def test_description_is_stable(translator: Translator) -> None:
    """Given one translator, when described twice, then both descriptions are equal and name it."""
    assert translator.describe() == translator.describe()
    assert translator.describe()["name"] == translator.name


@pytest.mark.parametrize("make", [*ENGINES.values(), NoTranslator])
def test_a_second_close_does_nothing(make: Callable[[], Translator]) -> None:
    """Given a translator, when closed twice, then it describes itself as before."""
    translator = make()
    described = translator.describe()
    translator.close()
    translator.close()
    assert translator.describe() == described


def test_none_has_no_route() -> None:
    """Given `none`, when any route is asked for, then there is none and translating is an error."""
    translator = NoTranslator()
    assert translator.route("es", "en") is None
    with pytest.raises(ValueError, match="no route"):
        translator.translate(["x"], source="es", target="en", deadline=time.monotonic() + 9)
