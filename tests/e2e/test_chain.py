"""The local chain, from the uploads bucket to the results bucket, with real OCR."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipeline.local import demo
from pipeline.local.chain import RESULTS, Chain
from tests.e2e.conftest import REAL, StartChain
from tests.support.chain_client import awaited, document_of, documents, push, upload
from tests.support.misbehaving_engines import POISON_HEIGHT
from tests.support.push_bodies import push_of
from tests.support.service_process import FAKE
from tests.support.text_pictures import encoded, picture_of


def numbered(number: int) -> bytes:
    return encoded(picture_of("PROHIBIDO EL PASO", f"puerta {number}"))


def test_an_upload_becomes_a_translated_document(chain: Chain) -> None:
    """Given a Spanish sign, when uploaded, then its document has its text, position and
    translation.
    """
    document = document_of(chain, upload(chain, "sign.png", numbered(7)))
    assert document["status"] == "translated"
    assert "PROHIBIDO EL PASO" in document["text"]
    assert "7" in document["text"]
    paragraph = document["pages"][0]["paragraphs"][0]
    assert paragraph["language"] == "es"
    assert paragraph["translations"]["en"]["text"].upper().startswith("NO TRESPASSING")
    assert paragraph["translations"]["en"]["engine"] == "apertium"
    assert {"queued", "download", "decode", "slot_wait", "ocr", "translate", "total"} <= set(
        document["timings_ms"]
    )


def test_twenty_two_uploads_at_once_become_twenty_two_documents(chain: Chain) -> None:
    """Given twenty-two uploads, when made at once, then each document has its own text."""
    with ThreadPoolExecutor(22) as pool:
        uploads = list(
            pool.map(lambda n: upload(chain, f"burst/{n}.png", numbered(100 + n)), range(22))
        )
    for number, one in enumerate(uploads):
        document = document_of(chain, one, seconds=120)
        assert document["status"] == "translated"
        assert str(100 + number) in document["text"]
    assert sum(name.startswith("burst/") for name in documents(chain)) == 22


def test_the_demo_writes_documents_of_long_names(chain: Chain, tmp_path: Path) -> None:
    """Given a picture with the longest possible file name, when translated, then its
    document is a file too.
    """
    picture = tmp_path / f"{'x' * 251}.png"
    picture.write_bytes(numbered(1))
    names = demo.upload(chain, [(picture, picture.name)])
    [document] = demo.documents(chain, names, tmp_path / "out")
    [written] = (tmp_path / "out").iterdir()
    assert json.loads(written.read_bytes()) == document
    assert document["source"]["name"] == picture.name


def test_a_killed_subscriber_loses_no_upload(start: StartChain) -> None:
    """Given twenty-two uploads, when the subscriber is killed half-way and restarted,
    then all have documents.
    """
    chain = start(REAL)
    uploads = [upload(chain, f"{n}.png", numbered(200 + n)) for n in range(22)]
    awaited(lambda: len(documents(chain)) >= 8, seconds=120)
    chain.subscriber.stop(kill=True)
    assert len(documents(chain)) < 22
    restarted = chain.restart_subscriber(REAL)
    try:
        for number, one in enumerate(uploads):
            document = document_of(chain, one, seconds=120)
            assert document["status"] == "translated"
            assert str(200 + number) in document["text"]
        assert len(documents(chain)) == 22
    finally:
        restarted.subscriber.stop()


def test_duplicate_deliveries_make_one_document(chain: Chain) -> None:
    """Given one message, when delivered five times at once and once more, then one
    document is written.
    """
    one = upload(chain, "five.png", numbered(5))
    first = document_of(chain, one)
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: push(chain, push_of(one)).status_code, range(5)))
    assert answers == [204] * 5
    assert document_of(chain, one) == first
    blob = chain.client().bucket(RESULTS).get_blob("five.png.json")
    assert blob is not None
    assert blob.metadata["source-generation"] == str(one.ref.generation)


def test_the_newest_generation_wins_in_any_order(chain: Chain) -> None:
    """Given two generations, when the newest is delivered first, then its document stays."""
    old = upload(chain, "again.png", numbered(1))
    new = upload(chain, "again.png", numbered(2))
    document = document_of(chain, new)
    assert push(chain, push_of(old)).status_code == 204
    assert push(chain, push_of(new)).status_code == 204
    assert document_of(chain, new) == document
    assert "2" in document["text"]


def test_a_deleted_object_is_acknowledged(chain: Chain) -> None:
    """Given an object that was deleted, when its message arrives, then it has no
    document and no retry.
    """
    one = upload(chain, "deleted.png", b"")
    document_of(chain, one)
    chain.client().bucket("uploads").blob("deleted.png").delete()
    chain.client().bucket(RESULTS).blob("deleted.png.json").delete()
    assert push(chain, push_of(one)).status_code == 204
    assert "deleted.png.json" not in documents(chain)


def test_metadata_overrides_the_languages(chain: Chain) -> None:
    """Given target languages in the metadata, when translated, then the document has
    those languages.
    """
    one = upload(chain, "targets.png", numbered(3), {"target-languages": "fr, ca"})
    document = document_of(chain, one)
    assert set(document["translations"]) == {"fr", "ca"}


def test_an_upload_that_always_fails_has_a_failed_document(start: StartChain) -> None:
    """Given an image on which every delivery fails, when retried, then it ends failed
    and others pass.
    """
    chain = start(
        FAKE | {"OCR_ENGINE": "tests.support.misbehaving_engines:PoisonedEngine"},
        max_attempts=5,
    )
    poison = upload(chain, "poison.png", encoded(picture_of("poison").resize((200, POISON_HEIGHT))))
    good = [upload(chain, f"{n}.png", numbered(n)) for n in range(3)]
    for one in good:
        assert document_of(chain, one)["status"] == "translated"
    document = document_of(chain, poison)
    assert document["status"] == "failed"
    assert document["error"]["code"] == "attempts_exhausted"


def test_an_overloaded_instance_answers_429_and_loses_no_upload(start: StartChain) -> None:
    """Given an instance at its limit, when forty pushes arrive at once, then each is accepted or
    gets a retry time.
    """
    chain = start(FAKE | {"OCR_ENGINE": "tests.support.misbehaving_engines:SlowEngine"})
    uploads = [upload(chain, f"{n}.png", encoded(picture_of(f"{n}"))) for n in range(40)]
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda one: push(chain, push_of(one)), uploads))
    assert {answer.status_code for answer in answers} == {204, 429}
    refused = [answer for answer in answers if answer.status_code == 429]
    for answer in refused:
        assert int(answer.headers["Retry-After"]) > 0
        assert (
            answer.elapsed.total_seconds() < 270
        )  # the longest wait for a slot: half of the deadline
    # Their messages are still in the topic, and Pub/Sub delivers them again.
    for one in uploads:
        assert document_of(chain, one)["status"] == "translated"
    assert len(documents(chain)) == 40
