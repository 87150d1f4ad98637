"""`run` writes a report beside its documents; `report` reads documents and pictures of buckets."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.commands import cli
from pipeline.local.storage_server import start_storage, storage_client
from pipeline.outcomes.document import document_name, to_document
from tests.support.report_documents import outcome, paragraph, picture
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


def test_documents_and_pictures_of_buckets_become_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given documents in a bucket and one translated picture, when those of a prefix are
    reported, then their pictures come from the uploads bucket, pinned by generation.
    """
    url, server = start_storage(
        tmp_path, project="local", topic="none", uploads="none", emulator_host="127.0.0.1:1"
    )
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
    try:
        client = storage_client(url)
        uploads, results = client.create_bucket("uploads"), client.create_bucket("results")
        for name in ("in/a.png", "in/over.png", "out/b.png"):
            uploads.blob(name).upload_from_string(picture())
            made = outcome(name, [paragraph("hola", translations={"en": "hello"})])
            ref = replace(made.upload.ref, generation=int(uploads.get_blob(name).generation))
            content = to_document(replace(made, upload=replace(made.upload, ref=ref)))
            content["renderings"] = [{"language": "en", "uri": f"gs://results/{name}.en.png"}]
            results.blob(document_name(name)).upload_from_string(json.dumps(content))
        results.blob("in/a.png.en.png").upload_from_string(picture())
        uploads.blob("in/over.png").upload_from_string(picture((30, 30)))
        out = tmp_path / "out"
        result = CliRunner().invoke(cli, ["report", "gs://results/in/", "--out", str(out)])
    finally:
        server.stop(kill=True)
    assert result.exit_code == 0, (result.output, result.exception)
    assert "<h1>2 images</h1>" in (out / "index.html").read_text("utf-8")
    pages = {path: path.read_text("utf-8") for path in (out / "pages").iterdir()}
    (good,) = (text for text in pages.values() if "in/a.png</bdi></h1>" in text)
    (over,) = (text for text in pages.values() if "in/over.png</bdi></h1>" in text)
    assert 'class="original"' in good
    assert 'class="rendering" data-language="en"' in good
    assert "has no generation" in over
    assert "hola" in over
