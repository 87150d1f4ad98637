"""The report as files: pages, pictures, documents of every bad kind."""

import json
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from pipeline.cli.commands import cli
from pipeline.errors import UsageError
from pipeline.models import PageText
from pipeline.outcomes.document import to_document
from pipeline.presentation.report.pages import ASSETS
from pipeline.presentation.report.shown_names import shown_name
from tests.support.report_documents import (
    BOX,
    INK,
    SIZE,
    corpus,
    failed,
    outcome,
    paragraph,
    picture,
    write,
)

ELSEWHERE = re.compile(r"(?:https?:)?//(?!www\.w3\.org/2000/svg)[\w.-]+\.\w+/", re.IGNORECASE)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["report", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / "documents").mkdir()
    return tmp_path


def report(folder: Path, *options: object) -> Result:
    return run(
        folder / "documents",
        *("--images", folder / "images", "--out", folder / "out"),
        *options,
    )


def pages(folder: Path) -> list[str]:
    return [path.read_text("utf-8") for path in sorted((folder / "out" / "pages").iterdir())]


def index(folder: Path) -> str:
    return (folder / "out" / "index.html").read_text("utf-8")


def test_a_report_is_one_folder_without_any_address_outside(folder: Path) -> None:
    """Given documents of every kind, when their report is written, then its files name only
    each other, and the command says where to look.
    """
    for each, content in corpus():
        write(folder / "documents", each)
        if content:
            path = folder / "images" / each.upload.ref.name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
    result = report(folder)
    assert result.exit_code == 0, result.output
    assert "9 documents in" in result.output
    assert "out/index.html" in result.output.replace("\n", "")
    out = folder / "out"
    named = set()
    for path in out.rglob("*.*"):
        if path.suffix in {".html", ".css", ".js"}:
            text = path.read_text("utf-8")
            assert not ELSEWHERE.search(text), path
            assert " style=" not in text
            for link in re.findall(r'(?:href|src)="([^"#]+)"', text):
                assert (path.parent / link).resolve().is_relative_to(out)
                named.add((path.parent / link).resolve())
    assert all(path.is_file() for path in named)
    assert {out / name for name in ASSETS} <= named


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_is_upright_whatever_exif_says(folder: Path, orientation: int) -> None:
    """Given a photo in one of eight EXIF orientations, when the report is made, then its
    preview has the text's colour where the polygon is, and the page's proportions.
    """
    content = picture(format_name="JPEG", orientation=orientation)
    write(folder / "documents", outcome("a.jpg", [paragraph("hola")], bytes_=len(content)))
    (folder / "images" / "a.jpg").write_bytes(content)
    assert report(folder).exit_code == 0
    (preview,) = (folder / "out" / "pictures").glob("*-1.jpg")
    with Image.open(preview) as shown:
        assert shown.size == SIZE
        assert shown.getexif().get(0x0112, 1) == 1
        pixels = np.asarray(shown, dtype=int)
    left, top, right, bottom = BOX
    assert np.abs(pixels[(top + bottom) // 2, left + 5 : right - 5] - INK).max() < 30
    assert np.abs(pixels[SIZE[1] - 20, 20:80] - (245, 245, 240)).max() < 20


def test_a_missing_and_an_overwritten_picture_are_said_and_the_documents_shown(
    folder: Path,
) -> None:
    """Given a picture that is gone, one of another size in bytes and one of another size in
    pixels, when the report is made, then each page has its text and the reason.
    """
    other = picture((200, 100))
    write(folder / "documents", outcome("gone.png", [paragraph("uno")]))
    write(folder / "documents", outcome("bytes.png", [paragraph("dos")], bytes_=123456))
    write(folder / "documents", outcome("pixels.png", [paragraph("tres")], bytes_=len(other)))
    (folder / "images" / "bytes.png").write_bytes(picture())
    (folder / "images" / "pixels.png").write_bytes(other)
    assert report(folder).exit_code == 0
    found = "".join(pages(folder))
    for part in ("uno", "dos", "tres", "gone.png is not there", "instead of 123456"):
        assert part in found
    assert "is another picture now: page 1 has 200 x 100 pixels instead of 400 x 300" in found


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"schema_version": 2}', "has schema version 2"),
        ('{"schema_version": 0, "old": 1}', "has schema version 0"),
        ('{"schema_version": 1, "source": {"buck', "is not JSON"),
        ("", "is not JSON"),
    ],
)
def test_a_document_that_cannot_be_read_is_named(folder: Path, content: str, reason: str) -> None:
    """Given a document of another version or a truncated one, when the report is made, then
    the gallery names it with the reason, and the others are shown.
    """
    write(folder / "documents", outcome("good.png", [paragraph("hola")]))
    (folder / "documents" / "bad.json").write_text(content)
    result = report(folder)
    assert result.exit_code == 1
    assert "1 skipped" in result.output
    found = index(folder)
    assert "bad.json" in found
    assert reason in found
    assert "good.png" in found


@pytest.mark.parametrize(
    "name",
    [
        "../../up.png",
        "a/../../b.png",
        '"quoted".png',
        "hash#1.png",
        "null%00byte.png",
        "null\x00byte.png",
        "question?.png",
        "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
        "line\nfeed.png",
        "/absolute.png",
        "x" * 900,
        "\ud800.png",
    ],
)
def test_a_name_stays_a_name(folder: Path, name: str) -> None:
    """Given a name that climbs, ends an attribute or hides characters, when the report is
    made, then it is shown with every character visible, and all files are in the folder.
    """
    (folder / "documents" / "a.json").write_text(
        json.dumps(to_document(outcome(name, [paragraph("hola")])))
    )
    before = {path for path in folder.parent.rglob("*") if "out" not in path.parts}
    result = report(folder)
    assert result.exit_code == 0, result.output
    shown = shown_name(name).replace('"', "&#34;")
    assert f"<bdi>{shown}</bdi>" in index(folder)
    after = {path for path in folder.parent.rglob("*") if "out" not in path.parts}
    assert after == before


@pytest.mark.parametrize(
    "changes",
    [
        {"warnings": 7},
        {"warnings": ["x", None, {}]},
        {"error": "text"},
        {"timings_ms": [1]},
        {"timings_ms": {"total": "x", "ocr": -5}},
        {"usage": None},
        {"engine": {"fingerprint": "f", "ocr": "x", "translator": {"name": ["y"]}}},
        {"renderings": {"a": 1}},
        {"text": 5, "exports": 5},
    ],
    ids=str,
)
def test_odd_values_of_further_fields_are_left_out(folder: Path, changes: object) -> None:
    """Given a document with a value of another form, when the report is made, then its text is
    shown all the same.
    """
    assert isinstance(changes, dict)
    write(folder / "documents", outcome("a.png", [paragraph("hola")]), **changes)
    result = report(folder)
    assert result.exit_code == 0, (result.output, result.exception)
    assert "hola" in pages(folder)[0]


def test_the_second_report_keeps_pictures_and_removes_what_is_gone(folder: Path) -> None:
    """Given a report and one document fewer, when it is made again, then the picture that
    stays is not made again, the other is removed, and files of other people stay.
    """
    for name in ("a.png", "b.png"):
        write(folder / "documents", outcome(name, [paragraph(name)]))
        (folder / "images" / name).write_bytes(picture())
    assert report(folder).exit_code == 0
    pictures = folder / "out" / "pictures"
    (pictures / "notes.txt").write_text("mine")
    made = {path.name: path.stat().st_mtime_ns for path in pictures.glob("*.jpg")}
    assert len(made) == 4
    (folder / "documents" / "b.png.json").unlink()
    refused = report(folder)
    assert isinstance(refused.exception, UsageError)
    assert "--force" in str(refused.exception)
    assert report(folder, "--force").exit_code == 0
    kept = {path.name: path.stat().st_mtime_ns for path in pictures.glob("*.jpg")}
    assert len(kept) == 2
    assert kept.items() <= made.items()
    assert (pictures / "notes.txt").read_text() == "mine"
    assert len(pages(folder)) == 1


def test_two_documents_of_one_picture_have_two_pages(folder: Path) -> None:
    """Given a copy of a document in another folder, when the report is made, then both have
    a page.
    """
    write(folder / "documents", outcome("a.png", [paragraph("hola")]))
    write(folder / "documents" / "copy", outcome("a.png", [paragraph("hola")]))
    assert report(folder).exit_code == 0
    assert len(pages(folder)) == 2


def test_neighbours_are_linked(folder: Path) -> None:
    """Given three documents, when the report is made, then each page leads to the one before
    and the one after.
    """
    for name in ("a.png", "b.png", "c.png"):
        write(folder / "documents", outcome(name, [paragraph(name)]))
    assert report(folder).exit_code == 0
    found = {re.search(r"<h1><bdi>(.*?)</bdi>", each)[1]: each for each in pages(folder)}  # type: ignore[index]
    links = {
        name: re.findall(r'rel="(prev|next)" href="([^"]+)"', each) for name, each in found.items()
    }
    assert [rel for rel, _ in links["a.png"]] == ["next"]
    assert [rel for rel, _ in links["b.png"]] == ["prev", "next"]
    assert [rel for rel, _ in links["c.png"]] == ["prev"]


def test_a_picture_of_ninety_megapixels_is_shown(folder: Path) -> None:
    """Given a picture of 90 megapixels, when the report is made, then its preview is small."""
    size = (10_000, 9_000)
    stream = BytesIO()
    Image.new("L", size, 255).save(stream, "PNG", compress_level=1)
    content = stream.getvalue()
    write(
        folder / "documents", outcome("big.png", [paragraph("x")], size=size, bytes_=len(content))
    )
    (folder / "images" / "big.png").write_bytes(content)
    assert report(folder).exit_code == 0
    (preview,) = (folder / "out" / "pictures").glob("*-1.jpg")
    with Image.open(preview) as shown:
        assert shown.size == (1600, 1440)


def test_a_strip_keeps_a_width_that_can_be_read(folder: Path) -> None:
    """Given a strip of 800 x 20,000 pixels, when the report is made, then its preview is some
    hundred pixels wide, and its thumbnail is the beginning.
    """
    size = (800, 20_000)
    content = picture(size)
    write(folder / "documents", outcome("s.png", [paragraph("x")], size=size, bytes_=len(content)))
    (folder / "images" / "s.png").write_bytes(content)
    assert report(folder).exit_code == 0
    (preview,) = (folder / "out" / "pictures").glob("*-1.jpg")
    with Image.open(preview) as shown:
        assert shown.width > 450
    (thumbnail,) = (folder / "out" / "pictures").glob("*-thumbnail.jpg")
    with Image.open(thumbnail) as shown:
        assert shown.height <= 600
    assert 'class="sheet strip"' in pages(folder)[0]


def test_pages_of_a_file_each_have_their_picture(folder: Path) -> None:
    """Given a TIFF of three pages, when the report is made, then there are three previews."""
    images = [Image.new("RGB", SIZE, (value, 0, 0)) for value in (50, 150, 250)]
    stream = BytesIO()
    images[0].save(stream, "TIFF", save_all=True, append_images=images[1:])
    made = outcome("t.tiff", [paragraph("x")], bytes_=len(stream.getvalue()))
    each = [PageText(i, *SIZE, 0, (paragraph(f"página {i}"),)) for i in range(3)]
    write(folder / "documents", replace(made, pages=tuple(each)))
    (folder / "images" / "t.tiff").write_bytes(stream.getvalue())
    assert report(folder).exit_code == 0
    for number, value in ((1, 50), (2, 150), (3, 250)):
        (preview,) = (folder / "out" / "pictures").glob(f"*-{number}.jpg")
        with Image.open(preview) as shown:
            assert abs(np.asarray(shown)[..., 0].mean() - value) < 5


def test_a_failed_document_shows_a_picture_that_can_be_read(folder: Path) -> None:
    """Given a failure after the picture was decoded, when the report is made, then its page
    has the picture, the code and its meaning.
    """
    write(folder / "documents", failed("a.png", "attempts_exhausted", "gone", len(picture())))
    (folder / "images" / "a.png").write_bytes(picture())
    assert report(folder).exit_code == 0
    (page,) = pages(folder)
    assert 'class="original"' in page
    assert "Every delivery of this image failed." in page


def test_a_report_that_the_disk_does_not_take_is_one_line(folder: Path) -> None:
    """Given a file in the place of a folder, when the report is made, then the error names it."""
    write(folder / "documents", outcome("a.png", [paragraph("hola")]))
    (folder / "out").mkdir()
    (folder / "out" / "pages").write_text("a file")
    result = report(folder, "--force")
    assert isinstance(result.exception, UsageError)
    assert "out/pages" in str(result.exception)


def test_a_store_that_does_not_answer_is_asked_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given documents of a bucket without an answer, when the report is made, then the store
    is asked once, and every page says why there is no picture.
    """
    from pipeline.errors import StoreUnavailableError
    from pipeline.stores.gcs import GcsStore

    asked: list[object] = []

    class Silent:
        def download(self, ref: object) -> bytes:
            asked.append(ref)
            raise StoreUnavailableError("gs://uploads does not answer")

    monkeypatch.setattr(GcsStore, "from_environment", Silent)
    for number in range(20):
        write(folder / "documents", outcome(f"{number}.png", [paragraph("hola")]))
    result = run(folder / "documents", "--out", folder / "out")
    assert result.exit_code == 0
    assert len(asked) <= 4  # pictures that were in work when the first answer failed
    assert all("does not answer" in page for page in pages(folder))
