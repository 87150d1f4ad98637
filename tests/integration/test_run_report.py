"""`run` writes a report beside its documents."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.commands import cli
from tests.support.service_process import FAKE
from tests.support.text_pictures import encoded, picture_of


def test_run_ends_with_a_report_of_all_its_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given two runs into one folder, when the second ends, then it names a report that shows
    the pictures of both, and the second report is of documents only.
    """
    for name, value in FAKE.items():
        monkeypatch.setenv(name, value)
    out = tmp_path / "out"
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(encoded(picture_of(name)))
        result = CliRunner().invoke(cli, ["run", str(tmp_path / name), "--out", str(out)])
        assert result.exit_code == 0, (result.output, result.exception)
        assert f"report: {out}/report/index.html" in result.output
    index = (out / "report" / "index.html").read_text("utf-8")
    assert "<h1>2 images</h1>" in index
    assert index.count("-thumbnail.jpg") == 2
