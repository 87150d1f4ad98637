"""Documents and the results bucket: schema, contents, and the order of generations."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pipeline.errors import PermanentError, StoreUnavailableError, UnsupportedImageError
from pipeline.models import (
    Disposition,
    Failure,
    Line,
    ObjectRef,
    Outcome,
    OutcomeWarning,
    PageText,
    Paragraph,
    Status,
    Translation,
    Upload,
)
from pipeline.outcomes import document
from pipeline.outcomes.results_bucket import ResultsBucket, disposition_if_settled
from pipeline.stores.base import StoredObject
from pipeline.stores.in_memory import InMemoryStore

QUAD = ((0.0, 0.0), (10.0, 0.0), (10.0, 5.0), (0.0, 5.0))


def outcome(
    generation: int = 1, fingerprint: str = "f", status: Status = Status.TRANSLATED
) -> Outcome:
    line = Line("hola", 0.987654, QUAD)
    translation = Translation("hello", "apertium", via="pt")
    paragraph = Paragraph("hola", QUAD, (line,), "es", 0.9, {"en": translation})
    failed = status is Status.FAILED
    return Outcome(
        upload=Upload(ObjectRef("uploads", "a.png", generation), 10, "image/png", "AAAAAA=="),
        status=status,
        fingerprint=fingerprint,
        pages=() if failed else (PageText(0, 20, 10, 0, (paragraph, paragraph)),),
        target_languages=("en", "de"),
        timings_ms={"total": 1.23456},
        warnings=(OutcomeWarning("unsupported_pair", "es to de"),),
        error=Failure("corrupt_image", "cut short", 2) if failed else None,
    )


def settled_now(results: ResultsBucket, generation: int, fingerprint: str) -> Disposition | None:
    source = outcome(generation).upload.ref
    return disposition_if_settled(results.find(source), source, fingerprint)


def status_of(store: InMemoryStore) -> tuple[str, str]:
    stored = store.stat("results", "a.png.json")
    assert stored is not None
    written = json.loads(store.download(stored.ref))
    return written["source"]["generation"], written["status"]


@pytest.mark.parametrize("status", [Status.TRANSLATED, Status.FAILED])
def test_a_document_is_valid_against_the_schema(status: Status) -> None:
    """Given an outcome, when its document is made, then it passes the schema of the package."""
    Draft202012Validator.check_schema(document.schema())
    written = json.loads(document.render(outcome(status=status)))
    Draft202012Validator(document.schema()).validate(written)


@given(
    st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(["[\n  1,\n  2\n]", "[ 1 ]"])
)
def test_a_document_has_the_texts_of_its_outcome(text: str) -> None:
    """Given any text, even one that looks like JSON, when the document is read, then
    the text is equal.
    """
    line = Line(text, 0.5, QUAD)
    page = PageText(0, 20, 10, 0, (Paragraph(text, QUAD, (line, line)),))
    one = replace(outcome(), pages=(page,))
    rendered = document.render(one)
    assert json.loads(rendered) == json.loads(json.dumps(document.to_document(one)))
    assert b'"lines": ["l1", "l2"]' in rendered
    assert b"[[0.0, 0.0], [10.0, 0.0], [10.0, 5.0], [0.0, 5.0]]" in rendered


def test_line_ids_are_unique_in_a_document() -> None:
    """Given two paragraphs, when the document is made, then each line has one id that
    its paragraph names.
    """
    written = document.to_document(outcome())
    page = written["pages"][0]
    assert [line["id"] for line in page["lines"]] == ["l1", "l2"]
    assert [list(p["lines"]) for p in page["paragraphs"]] == [["l1"], ["l2"]]
    assert [line["paragraph"] for line in page["lines"]] == ["p1", "p2"]


def test_a_translation_is_spread_over_its_lines() -> None:
    """Given a paragraph of two lines, when translated, then the document also has a
    translation per line.
    """
    lines = (Line("Prohibido", 1.0, QUAD), Line("el paso", 1.0, QUAD))
    translation = Translation("No trespassing", "apertium")
    paragraph = Paragraph("Prohibido el paso", QUAD, lines, "es", 1.0, {"en": translation})
    written = document.to_document(
        replace(outcome(), pages=(PageText(0, 20, 10, 0, (paragraph,)),))
    )
    assert written["pages"][0]["paragraphs"][0]["translations"]["en"] == {
        "text": "No trespassing",
        "engine": "apertium",
        "lines": ["No", "trespassing"],
    }
    Draft202012Validator(document.schema()).validate(json.loads(json.dumps(written)))


def test_the_whole_text_has_each_language_that_was_translated() -> None:
    """Given a translation into en and none into de, when the document is made, then
    only en has the whole text.
    """
    written = document.to_document(outcome())
    assert written["text"] == "hola\nhola"
    assert written["translations"] == {"en": "hello\nhello"}


@pytest.mark.parametrize("name", ["x" * 1024, "é" * 512, "日" * 341])
def test_the_longest_names_get_separate_documents(name: str) -> None:
    """Given names without room for .json, when documents are named, then names fit
    the limit and differ.
    """
    other = name[:-1] + "z"
    assert len(document.document_name(name).encode()) <= 1024
    assert document.document_name(name) != document.document_name(other)


def test_the_newest_generation_wins() -> None:
    """Given the document of a newer generation, when an older one is written, then it is stale and
    changes nothing.
    """
    results = ResultsBucket(store := InMemoryStore(), "results")
    assert results.write(outcome(generation=2)) is Disposition.DONE
    assert results.write(outcome(generation=1)) is Disposition.STALE
    assert settled_now(results, 1, "f") is Disposition.STALE
    assert status_of(store) == ("2", "translated")
    assert results.write(outcome(generation=3)) is Disposition.DONE
    assert status_of(store) == ("3", "translated")


def test_a_duplicate_is_already_done() -> None:
    """Given the same generation and fingerprint, when written again, then nothing is written."""
    results = ResultsBucket(InMemoryStore(), "results")
    results.write(outcome())
    assert settled_now(results, 1, "f") is Disposition.ALREADY_DONE
    assert results.write(outcome()) is Disposition.ALREADY_DONE


def test_other_settings_are_written_again() -> None:
    """Given another fingerprint, when the same generation is delivered, then it is
    written again.
    """
    results = ResultsBucket(store := InMemoryStore(), "results")
    results.write(outcome())
    assert settled_now(results, 1, "g") is None
    assert results.write(outcome(fingerprint="g", status=Status.NO_TEXT)) is Disposition.DONE
    assert status_of(store) == ("1", "no_text")


def test_a_failure_never_replaces_a_good_document() -> None:
    """Given a good document, when a failure is written, then only one of a newer generation
    replaces it.
    """
    results = ResultsBucket(store := InMemoryStore(), "results")
    results.write(outcome())
    dead = outcome(fingerprint="", status=Status.FAILED)
    assert results.write(dead) is Disposition.ALREADY_DONE
    assert status_of(store) == ("1", "translated")
    newer = replace(dead, upload=replace(dead.upload, ref=ObjectRef("uploads", "a.png", 2)))
    assert results.write(newer) is Disposition.FAILED
    assert status_of(store) == ("2", "failed")


def test_a_late_success_replaces_a_dead_letter() -> None:
    """Given the document of a dead letter, when a delivery succeeds later, then it
    replaces that document.
    """
    results = ResultsBucket(store := InMemoryStore(), "results")
    results.write(outcome(fingerprint="", status=Status.FAILED))
    assert settled_now(results, 1, "f") is None
    assert results.write(outcome()) is Disposition.DONE
    assert status_of(store) == ("1", "translated")


class RacingStore(InMemoryStore):
    """A store where another writer writes just before each write."""

    def __init__(self, generations: list[int]) -> None:
        super().__init__()
        self.generations = generations

    def write(self, bucket: str, name: str, content: bytes, **how: object) -> ObjectRef:
        if self.generations:
            found = self.stat(bucket, name)
            super().write(
                bucket,
                name,
                b"{}",
                content_type="",
                metadata={"source-generation": str(self.generations.pop(0))},
                if_generation_match=found.ref.generation if found else 0,
            )
        return super().write(bucket, name, content, **how)  # type: ignore[arg-type]


def test_a_race_lost_to_an_older_generation_is_retried() -> None:
    """Given a concurrent older writer, when the write fails, then it is retried and
    the document is written.
    """
    assert (
        ResultsBucket(RacingStore([1]), "results").write(outcome(generation=2)) is Disposition.DONE
    )


def test_a_race_lost_to_a_newer_generation_is_stale() -> None:
    """Given a concurrent newer writer, when the write fails, then the delivery is stale."""
    assert (
        ResultsBucket(RacingStore([9]), "results").write(outcome(generation=2)) is Disposition.STALE
    )


@pytest.mark.parametrize(
    ("between", "disposition", "final"),
    [(2, Disposition.DONE, "3"), (3, Disposition.ALREADY_DONE, "3"), (4, Disposition.STALE, "4")],
)
def test_a_changed_document_is_never_overwritten(
    between: int, disposition: Disposition, final: str
) -> None:
    """Given a document that changed after it was read, when another is written, then
    the newest wins.
    """
    results = ResultsBucket(store := InMemoryStore(), "results")
    results.write(outcome(generation=1))
    seen = results.find(outcome().upload.ref)
    results.write(outcome(generation=between), seen)
    assert results.write(outcome(generation=3), seen) is disposition
    assert status_of(store) == (final, "translated")


class CountingStore(InMemoryStore):
    """Counts the calls of `stat`."""

    stat_calls = 0

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        self.stat_calls += 1
        return super().stat(bucket, name)


def test_an_unchanged_document_is_read_once() -> None:
    """Given a bucket without other writers, when documents are written, then each
    needs one `stat`.
    """
    results = ResultsBucket(store := CountingStore(), "results")
    for generation in (1, 2):
        one = outcome(generation)
        results.write(one, results.find(one.upload.ref))
        assert store.stat_calls == generation


def test_a_document_deleted_after_it_was_read_is_written_again() -> None:
    """Given a document deleted after it was read, when another is written, then the
    write succeeds.
    """
    results = ResultsBucket(store := InMemoryStore(), "results")
    results.write(outcome(generation=1))
    seen = results.find(outcome().upload.ref)
    store.delete("results", "a.png.json")
    assert results.write(outcome(generation=2), seen) is Disposition.DONE
    assert status_of(store) == ("2", "translated")


def test_endless_races_are_an_unavailable_store() -> None:
    """Given endless races, when a document is written, then the error is transient
    and nothing loops.
    """
    with pytest.raises(StoreUnavailableError):
        ResultsBucket(RacingStore([1] * 100), "results").write(outcome(generation=2))


def test_a_permanent_error_has_a_code_of_the_schema() -> None:
    """Given every permanent error, when its code is read, then it fits the pattern
    of the schema.
    """
    pattern = document.schema()["$defs"]["code"]
    codes = [error.code for error in PermanentError.__subclasses__()]
    assert UnsupportedImageError.code in codes
    for code in codes:
        Draft202012Validator(pattern).validate(code)
    assert len(set(codes)) == len(codes)
