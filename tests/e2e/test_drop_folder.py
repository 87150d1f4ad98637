"""A folder to drop into, on the whole chain: `up --drop`."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.cli.drop import start_drop
from pipeline.cli.local_files import STATE
from pipeline.local.chain import UPLOADS, Chain, save
from tests.e2e.conftest import StartChain
from tests.support.chain_client import VALIDATOR, awaited
from tests.support.numbered_pictures import picture, text_of
from tests.support.service_process import FAKE, ROOT

NUMBERS = {**FAKE, "OCR_ENGINE": "tests.support.numbered_pictures:NumberEngine"}
FILES = 200


@pytest.fixture
def dropping(
    start: StartChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Chain, Path]]:
    """A chain with its drop folder, as `up --drop` starts them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    chain = start(NUMBERS)
    save(chain, STATE)
    folder = tmp_path / "drop"
    child = start_drop(folder, tmp_path / "drop.log")
    try:
        yield replace(chain, drop=child), folder
    finally:
        child.stop()


def test_of_two_hundred_files_those_that_stay_get_their_documents(
    dropping: tuple[Chain, Path], tmp_path: Path
) -> None:
    """Given 200 files copied in while 50 are moved, renamed and removed, when the folder is quiet,
    then each file that stayed has its own document, and nothing else was uploaded.
    """
    chain, folder = dropping
    outside, secret = tmp_path / "outside", tmp_path / "secret.png"
    outside.mkdir()
    secret.write_bytes(picture(FILES))
    (folder / "trip").mkdir()
    (folder / "link.png").symlink_to(secret)
    stayed: dict[str, int] = {}
    with ExitStack() as slow:
        unfinished = []
        for number in range(FILES):
            name, content = f"{number}.png", picture(number)
            path = folder / name
            file = path.open("wb")
            file.write(content[: len(content) // 2])
            file.flush()
            if number % 40 == 1:
                # Its writer pauses until the others are done.
                unfinished.append((slow.enter_context(file), content))
                continue
            # The last byte comes after the change, so that the file was never complete before.
            name = _change(number, path, outside)
            file.write(content[len(content) // 2 :])
            file.close()
            if name:
                stayed[name] = number
        _await_documents(folder, stayed)
        assert _uploaded(chain) == stayed.keys()
        for file, content in unfinished:
            file.write(content[len(content) // 2 :])
    stayed |= {f"{number}.png": number for number in range(1, FILES, 40)}
    _await_documents(folder, stayed)
    assert _uploaded(chain) == stayed.keys()
    assert len(stayed) == FILES - 24
    lines = (tmp_path / "drop.log").read_text().splitlines()
    assert sorted(line for line in lines if line.startswith("uploaded ")) == sorted(
        f"uploaded {name}" for name in stayed
    )
    assert [line for line in lines if line.startswith("link.png")] == [
        "link.png: left out: it is a link; copy the picture itself into the folder"
    ]


def _change(number: int, path: Path, outside: Path) -> str | None:
    """Moves, renames or removes one file of four; returns its name in the folder, if it stayed."""
    if number % 4:
        return path.name
    match number // 4 % 4:
        case 0:
            path.rename(path.with_name(f"renamed-{path.name}"))
            return f"renamed-{path.name}"
        case 1:
            path.rename(path.parent / "trip" / path.name)
            return f"trip/{path.name}"
        case 2:
            path.rename(outside / path.name)
        case _:
            path.unlink()
    return None


def _await_documents(folder: Path, stayed: dict[str, int]) -> None:
    def documents() -> set[str]:
        found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.json")}
        return {name.removesuffix(".json") for name in found}

    awaited(lambda: documents() >= stayed.keys(), 120, pause=0.25)
    assert documents() == stayed.keys()
    for name, number in stayed.items():
        document = json.loads((folder / f"{name}.json").read_bytes())
        VALIDATOR.validate(document)
        (paragraph,) = document["pages"][0]["paragraphs"]
        assert (document["source"]["name"], paragraph["text"]) == (name, text_of(number))


def _uploaded(chain: Chain) -> set[str]:
    return {blob.name for blob in chain.client().list_blobs(UPLOADS)}
