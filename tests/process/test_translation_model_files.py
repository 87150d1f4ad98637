"""The installation of translation models from archives on an HTTP server."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.translation.engines.model_files import (
    FILES,
    RELEASES,
    Release,
    install,
    installed,
    parse_pair,
)

OPUS = Path(__file__).parent.parent / "data" / "opus"
Serve = Callable[[bytes], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Yields a function that serves bytes at an address on this machine."""
    contents: dict[str, bytes] = {}

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = contents.get(self.path)
            self.send_response(200 if content is not None else 404)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def serve(content: bytes) -> str:
        path = f"/{len(contents)}.zip"
        contents[path] = content
        return f"http://127.0.0.1:{server.server_port}{path}"

    yield serve
    server.shutdown()
    server.server_close()


def opus(pair: str = "es-en") -> bytes:
    return (OPUS / f"{pair}.zip").read_bytes()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def archive(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zipped:
        for name, member in members.items():
            zipped.writestr(name, member)
    return content.getvalue()


def test_shipped_models_are_small() -> None:
    """Given the models made for tests, when their size is read, then each is below 1 MB."""
    assert all(0 < len(opus(pair)) < 1_000_000 for pair in ("es-en", "en-fr"))


def test_a_release_of_opus_is_installed(tmp_path: Path, serve: Serve) -> None:
    """Given a release of OPUS-MT, when installed, then it is converted and discovered."""
    content = opus()
    releases = {"es-en": Release(serve(content), sha256(content), "CC-BY-4.0")}
    place = install("es-en", tmp_path, releases=releases)
    assert place == tmp_path / "es-en"
    assert all((place / name).is_file() for name in (*FILES, "LICENSE"))
    found = installed(tmp_path)
    assert list(found) == [("es", "en")]
    assert found["es", "en"].origin == sha256(content)[:12]
    assert [path.name for path in tmp_path.iterdir()] == ["es-en"]


def test_a_package_of_argos_is_installed(tmp_path: Path, serve: Serve) -> None:
    """Given an Argos package, when installed, then its one vocabulary serves both languages."""
    content = archive(
        **{
            "es_en/model/model.bin": b"weights",
            "es_en/model/config.json": b"{}",
            "es_en/sentencepiece.model": b"pieces",
            "es_en/stanza/other": b"",
        }
    )
    releases = {"es-en": Release(serve(content), sha256(content), "MIT", "argos")}
    place = install("es-en", tmp_path, releases=releases)
    assert (place / "source.spm").read_bytes() == (place / "target.spm").read_bytes() == b"pieces"
    assert (place / "model.bin").read_bytes() == b"weights"


def test_a_second_installation_replaces_the_first(tmp_path: Path, serve: Serve) -> None:
    """Given an installed model, when installed again, then the new one replaces it."""
    content = opus()
    releases = {"es-en": Release(serve(content), sha256(content), "CC-BY-4.0")}
    (install("es-en", tmp_path, releases=releases) / "model.bin").write_bytes(b"broken")
    place = install("es-en", tmp_path, releases=releases)
    assert (place / "model.bin").stat().st_size > 1000


def test_an_archive_with_another_checksum_is_refused(tmp_path: Path, serve: Serve) -> None:
    """Given an archive with another checksum, when installed, then the error names
    both sums and no file stays.
    """
    releases = {"es-en": Release(serve(opus()), "0" * 64, "CC-BY-4.0")}
    with pytest.raises(ConfigurationError, match=f"SHA-256 {sha256(opus())}, not 0000"):
        install("es-en", tmp_path, releases=releases)
    assert list(tmp_path.iterdir()) == []


def test_a_checksum_can_be_given(tmp_path: Path, serve: Serve) -> None:
    """Given a release without a checksum, when one is given, then it is checked;
    without one it is refused.
    """
    releases = {"es-en": Release(serve(opus()), None, "CC-BY-4.0")}
    with pytest.raises(ConfigurationError, match="--sha256"):
        install("es-en", tmp_path, releases=releases)
    install("es-en", tmp_path, releases=releases, sha256=sha256(opus()).upper())
    with pytest.raises(ConfigurationError, match="not 1111"):
        install("es-en", tmp_path, releases=releases, sha256="1" * 64)


@pytest.mark.parametrize("layout", ["opus", "argos"])
@pytest.mark.parametrize(
    "content",
    [b"", b"not a zip", archive(readme=b"hello"), archive(**{"decoder.yml": b"models: []"})],
    ids=["empty", "not a zip", "no model", "half a model"],
)
def test_an_archive_without_a_model_is_refused(
    tmp_path: Path, serve: Serve, content: bytes, layout: str
) -> None:
    """Given an archive without a model, when installed, then the error says so and
    no file stays.
    """
    release = Release(serve(content), sha256(content), "MIT", layout)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="is not a model of"):
        install("es-en", tmp_path, releases={"es-en": release})
    assert list(tmp_path.iterdir()) == []


def test_an_archive_cannot_write_outside_its_folder(tmp_path: Path, serve: Serve) -> None:
    """Given an archive with a path out of its folder, when installed, then nothing is
    written there.
    """
    content = archive(**{"../../climbed": b"x", "decoder.yml": b"models: []"})
    folder = tmp_path / "models"
    with pytest.raises(ConfigurationError):
        install(
            "es-en", folder, releases={"es-en": Release(serve(content), sha256(content), "MIT")}
        )
    assert [path.name for path in tmp_path.rglob("*")] == ["models"]


@pytest.mark.parametrize(
    ("release", "message"),
    [
        (Release("http://127.0.0.1:9/none.zip", "0" * 64, "MIT"), "cannot download"),
        (Release("http://example.com/a.zip", "0" * 64, "MIT"), "not an https address"),
        (Release("file:///model.zip", "0" * 64, "MIT"), "not an https address"),
        (Release("https://example.com/a.zip", "0" * 64, "CC-BY-NC-4.0"), "not for commercial use"),
    ],
)
def test_an_address_or_licence_that_is_not_allowed_is_refused(
    tmp_path: Path, release: Release, message: str
) -> None:
    """Given an address or a licence that is not allowed, when installed, then it is refused."""
    with pytest.raises(ConfigurationError, match=message):
        install("es-en", tmp_path, releases={"es-en": release})


def test_an_unknown_pair_is_refused(tmp_path: Path) -> None:
    """Given a pair without a model, when installed, then the error lists the pairs that exist."""
    with pytest.raises(ConfigurationError, match=r"'xx-yy'; available: .*es-en"):
        install("xx-yy", tmp_path)


def test_an_incomplete_model_folder_is_an_error(tmp_path: Path) -> None:
    """Given a model folder without one of its files, when discovered, then the error
    says what to type.
    """
    (tmp_path / "es-en").mkdir()
    with pytest.raises(ConfigurationError, match=r"lacks model\.bin, .* --translation es-en"):
        installed(tmp_path)


def test_other_folders_are_no_models(tmp_path: Path) -> None:
    """Given folders with other names, when discovered, then they are not models."""
    (tmp_path / "PP-OCRv6_small_det").mkdir()
    (tmp_path / ".installing-x").mkdir()
    (tmp_path / "es-en").write_text("a file", "utf-8")
    assert installed(tmp_path) == installed(tmp_path / "missing") == {}


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("es-en", ("es", "en")),
        ("en-zh-Hant", ("en", "zh-Hant")),
        ("zh-Hant-en", ("zh-Hant", "en")),
        ("es", None),
        ("qqqqqqqqqq-en", None),
    ],
)
def test_a_folder_name_is_a_pair_or_none(name: str, pair: tuple[str, str] | None) -> None:
    """Given the name of a folder, when parsed, then it is two languages or None."""
    assert parse_pair(name) == pair


def test_releases_allow_commercial_use() -> None:
    """Given the offered releases, when read, then each has https and a licence for
    commercial use.
    """
    for pair, release in RELEASES.items():
        assert parse_pair(pair)
        assert release.url.startswith("https://")
        assert "NC" not in release.licence
        assert release.sha256 is None or len(release.sha256) == 64
