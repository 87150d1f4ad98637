"""`demo`, `up` and `down` end with something to look at: a report, a review page."""

import re
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner, Result

from pipeline.cli.commands import cli
from pipeline.errors import ConfigurationError
from tests.conftest import missing
from tests.support.service_process import FAKE, ROOT
from tests.support.text_pictures import encoded, picture_of


def command(*arguments: str) -> Result:
    result = CliRunner().invoke(cli, arguments)
    if isinstance(result.exception, ConfigurationError):
        missing(str(result.exception))
    assert result.exit_code == 0, (result.output, result.exception)
    return result


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, with one picture in `pictures`."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"PYTHONPATH": str(ROOT), **FAKE}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "sign.png").write_bytes(encoded(picture_of("PELIGRO")))
    return tmp_path


def test_the_demo_ends_with_a_report(folder: Path) -> None:
    """Given a picture, when the demo has run, then the last line names a report that shows it."""
    result = command("demo", "pictures", "--out", "results")
    assert result.output.rstrip().endswith("report: results/report/index.html")
    assert "sign.png" in (folder / "results" / "report" / "index.html").read_text("utf-8")
    pictures = (folder / "results" / "report" / "pictures").iterdir()
    kinds = sorted(path.name.partition("-")[2] for path in pictures)
    assert kinds == ["1.jpg", "thumbnail.jpg", "translated-0.jpg"]


@pytest.mark.usefixtures("folder")
def test_up_prints_the_address_of_the_review_page() -> None:
    """Given `up`, when a picture was uploaded, then the printed address shows it until `down`."""
    try:
        started = command("up")
        found = re.search(r"http://127\.0\.0\.1:\d+/(?=\n)", started.output)
        assert found is not None
        command("upload", "pictures")
        page = requests.get(found[0], timeout=10)
        assert page.status_code == 200
        assert "sign.png" in page.text
    finally:
        command("down")
    with pytest.raises(requests.ConnectionError):
        requests.get(found[0], timeout=10)
