"""The Apertium translator over real child processes: right answers, hangs, kills and no orphans."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import (
    ConfigurationError,
    DeadlineExceededError,
    TranslatorUnavailableError,
)
from pipeline.translation.engines.apertium import ApertiumTranslator, installed_modes
from pipeline.translation.engines.apertium_processes import Commands

CAT: Commands = (("cat",), ("cat",), ("cat",))
DOOR: Commands = (("sed", "-u", "-z", "s/puerta/door/g"), ("cat",))


def deadline(seconds: float = 60) -> float:
    return time.monotonic() + seconds


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    end = deadline(seconds)
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


class Chains:
    """Makes translators over stand-in stages and closes them at the end."""

    def __init__(self) -> None:
        self.made: list[ApertiumTranslator] = []

    def __call__(self, commands: Commands, **options: object) -> ApertiumTranslator:
        """A translator from Spanish to English that runs these stages."""
        self.made.append(ApertiumTranslator({("es", "en"): commands}, **options))  # type: ignore[arg-type]
        return self.made[-1]


@pytest.fixture
def chains() -> Iterator[Chains]:
    chains = Chains()
    yield chains
    for translator in chains.made:
        translator.close()


def translate(translator: ApertiumTranslator, *texts: str, seconds: float = 60) -> list[str]:
    answers = translator.translate(texts, source="es", target="en", deadline=deadline(seconds))
    return [answer.text for answer in answers]


def write_modes(folder: Path, **modes: str) -> Path:
    for stem, content in modes.items():
        (folder / f"{stem.replace('__', '-')}.mode").write_text(content, encoding="utf-8")
    return folder


def test_modes_become_pairs(tmp_path: Path) -> None:
    """Given mode files, when discovered, then each is a pair of BCP-47 tags with -z stages."""
    folder = write_modes(
        tmp_path,
        spa__eng="lt-proc 'a b.bin' | apertium-tagger -g $2 'c.prob' | lt-proc $1 'd.bin'\n",
        es__pt_BR="lt-proc x",
        eco__es__fr="lt-proc y",
        xyzzy__eng="lt-proc z",
        fra__eng="lt-proc a | sed s/a/b/",
    )
    assert installed_modes(folder) == {
        ("es", "en"): (
            ("lt-proc", "-z", "a b.bin"),
            ("apertium-tagger", "-z", "-g", "c.prob"),
            ("lt-proc", "-z", "-n", "d.bin"),
        ),
        ("es", "pt-BR"): (("lt-proc", "-z", "x"),),
    }


def test_a_folder_without_modes_is_an_error(tmp_path: Path) -> None:
    """Given a folder without modes, when discovered, then the error says what to type."""
    with pytest.raises(ConfigurationError, match=r"(?s)no language pair.*sudo apt-get install "):
        installed_modes(tmp_path)


def test_a_missing_apertium_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Given no Apertium on the PATH, when discovered, then the error says what to type."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="sudo apt-get install apertium apertium-eng-spa"):
        ApertiumTranslator.from_installation()


def test_a_route_uses_one_pivot() -> None:
    """Given two pairs that share Spanish, when a route is asked for, then it goes
    through Spanish.
    """
    modes = {("fr", "es"): CAT, ("es", "en"): DOOR, ("es", "pt-BR"): CAT, ("fr", "ca"): CAT}
    translator = ApertiumTranslator(modes)
    assert translator.route("fr", "en") == ("fr", "es", "en")
    assert translator.route("fr-CA", "pt-BR") == ("fr", "es", "pt-BR")
    assert translator.route("en", "fr") is None
    assert translator.route("ca", "en") is None
    (answer,) = translator.translate(["La puerta"], source="fr", target="en", deadline=deadline())
    translator.close()
    assert (answer.text, answer.via) == ("La door", "es")


def test_a_text_in_capitals_stays_in_capitals(chains: Chains) -> None:
    """Given a text in capitals, when translated, then its words are known and stay in capitals."""
    answers = translate(chains(DOOR), "LA PUERTA", "La PUERTA", "Ñ", "LA PUERTA 5º")
    assert answers == ["LA DOOR", "La PUERTA", "Ñ", "LA DOOR 5º"]


def test_lines_are_separate_segments(chains: Chains) -> None:
    """Given several lines, when translated, then each line is a separate segment."""
    two = (("sed", "-u", "-z", "s/^/1/; s/\\.\\[\\]/2.[]/"),)
    assert translate(chains(two), "uno\n  dos\r\n\ntres ") == ["1uno2\n  1dos2 \n\n1tres2 "]


def test_a_stage_killed_while_idle_is_replaced(chains: Chains) -> None:
    """Given a stage that was killed while idle, when translating, then a new chain answers."""
    translator = chains(CAT, pool_size=1)
    translate(translator, "uno")
    (chain,) = translator.pool.running()
    os.kill(chain.pids[1], signal.SIGKILL)
    assert translate(translator, "dos", "tres") == ["dos", "tres"]
    assert translator.pool.running()[0].pids != chain.pids


def test_a_hung_stage_is_replaced(chains: Chains) -> None:
    """Given a stopped stage, when its time limit passes, then a new chain answers."""
    translator = chains(CAT, pool_size=1, silence_seconds=0.2)
    translate(translator, "uno")
    stopped = translator.pool.running()[0].pids
    os.kill(stopped[1], signal.SIGSTOP)
    assert translate(translator, "dos") == ["dos"]
    assert wait_until(lambda: not any(map(alive, stopped)))


@pytest.mark.parametrize(
    "commands",
    [
        (("false",),),
        (("cat",), ("true",)),
        (("no-such-program",),),
        (("sed", "-u", "-z", "s/.*//"),),
        (("sed", "-u", "-z", "s/[0-9]*\\]$/]/"),),
        (("tr", "o", "\\377"),),
    ],
    ids=["dies", "last dies", "missing", "empty answers", "mark lost", "not UTF-8"],
)
def test_stages_that_never_answer_correctly_are_a_transient_error(
    chains: Chains, commands: Commands
) -> None:
    """Given stages that never answer correctly, when translating, then the error is transient."""
    with pytest.raises(TranslatorUnavailableError, match="failed 4 times in a row"):
        translate(chains(commands, silence_seconds=0.5), "uno", "dos")


def test_repeated_output_shifts_no_answer(chains: Chains) -> None:
    """Given a stage that prints everything twice, when translating, then each answer
    stays with its text.
    """
    twice = (("sed", "-u", "-z", "s/.*/&\\x00&/"),)
    translator = chains(twice, pool_size=1)
    for _ in range(3):
        assert translate(translator, "uno", "dos", "tres") == ["uno", "dos", "tres"]


def test_stages_that_hang_until_the_deadline_are_an_error(chains: Chains) -> None:
    """Given stages that never answer, when the deadline passes, then the error says so."""
    with pytest.raises(DeadlineExceededError):
        translate(chains((("sleep", "60"),), silence_seconds=30), "uno", seconds=0.2)


def test_busy_chains_until_the_deadline_are_an_error(chains: Chains) -> None:
    """Given only busy chains, when the deadline passes, then the error says so."""
    translator = chains(CAT, pool_size=1)
    with translator.pool.lease(CAT, deadline()), pytest.raises(DeadlineExceededError):
        translate(translator, "uno", seconds=0.1)


def test_the_number_of_chains_is_bounded() -> None:
    """Given more pairs than chains, when all are used at once, then the number of
    chains stays bounded.
    """
    targets = ["en", "fr", "it", "pt", "ca"]
    modes = {("es", tag): (("cat",),) * (number + 1) for number, tag in enumerate(targets)}
    translator = ApertiumTranslator(modes, pool_size=2)
    most = 0
    lock = threading.Lock()

    def one(number: int) -> str:
        nonlocal most
        (answer,) = translator.translate(
            [f"texto {number}"], source="es", target=targets[number % 5], deadline=deadline()
        )
        with lock:
            most = max(most, len(translator.pool.running()))
        return answer.text

    with ThreadPoolExecutor(8) as callers:
        assert list(callers.map(one, range(60))) == [f"texto {number}" for number in range(60)]
    left = [pid for chain in translator.pool.running() for pid in chain.pids]
    translator.close()
    assert 1 <= most <= 2
    assert not any(map(alive, left))


def test_a_closed_translator_starts_no_process(chains: Chains) -> None:
    """Given a closed translator, when it is used, then the error says so and no process starts."""
    translator = chains(CAT)
    translator.close()
    with pytest.raises(TranslatorUnavailableError, match="closed"):
        translate(translator, "uno")
    assert translator.pool.running() == []


ORPHANS = """
import os, signal, sys, time
from pipeline.translation.engines.apertium import ApertiumTranslator
translator = ApertiumTranslator({("es", "en"): (("cat",), ("cat",))})
translator.translate(["uno"], source="es", target="en", deadline=time.monotonic() + 20)
print(*translator.pool.running()[0].pids, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_stages_end_when_their_parent_is_killed() -> None:
    """Given a process killed with SIGKILL, when it is gone, then its stages end
    without a signal.
    """
    root = Path(__file__).parent.parent.parent
    killed = subprocess.run(
        [sys.executable, "-c", ORPHANS],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    pids = [int(pid) for pid in killed.stdout.split()]
    assert len(pids) == 2
    assert wait_until(lambda: not any(map(alive, pids)))
