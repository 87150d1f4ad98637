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
    """Given an outcome, its document passes the schema the package ships."""
    Draft202012Validator.check_schema(document.schema())
    written = json.loads(document.render(outcome(status=status)))
    Draft202012Validator(document.schema()).validate(written)


@given(
    st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(["[\n  1,\n  2\n]", "[ 1 ]"])
)
def test_a_document_says_what_its_outcome_says(text: str) -> None:
    """Given any text, however like JSON, the document read back is the outcome's."""
    line = Line(text, 0.5, QUAD)
    page = PageText(0, 20, 10, 0, (Paragraph(text, QUAD, (line, line)),))
    one = replace(outcome(), pages=(page,))
    rendered = document.render(one)
    assert json.loads(rendered) == json.loads(json.dumps(document.to_document(one)))
    assert b'"lines": ["l1", "l2"]' in rendered
    assert b"[[0.0, 0.0], [10.0, 0.0], [10.0, 5.0], [0.0, 5.0]]" in rendered


def test_a_document_refers_to_its_lines_by_ids_of_the_whole_document() -> None:
    """Given two paragraphs, each line's id occurs once and its paragraph names it."""
    written = document.to_document(outcome())
    page = written["pages"][0]
    assert [line["id"] for line in page["lines"]] == ["l1", "l2"]
    assert [list(p["lines"]) for p in page["paragraphs"]] == [["l1"], ["l2"]]
    assert [line["paragraph"] for line in page["lines"]] == ["p1", "p2"]


def test_a_translation_is_spread_over_its_lines() -> None:
    """Given a paragraph of two lines, its translation also stands line by line for display."""
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


def test_the_whole_text_is_translated_where_anything_was() -> None:
    """Given a translation into en and none into de, only en stands for the whole image."""
    written = document.to_document(outcome())
    assert written["text"] == "hola\nhola"
    assert written["translations"] == {"en": "hello\nhello"}


@pytest.mark.parametrize("name", ["x" * 1024, "é" * 512, "日" * 341])
def test_the_longest_names_get_documents_of_their_own(name: str) -> None:
    """Given names that leave no room for .json, documents fit the limit and stay apart."""
    other = name[:-1] + "z"
    assert len(document.document_name(name).encode()) <= 1024
    assert document.document_name(name) != document.document_name(other)


def test_the_newest_generation_stands() -> None:
    """Given a newer generation's document, an older one is stale and changes nothing."""
    results = ResultsBucket(store := InMemoryStore(), "results")
    assert results.write(outcome(generation=2)) is Disposition.DONE
    assert results.write(outcome(generation=1)) is Disposition.STALE
    assert settled_now(results, 1, "f") is Disposition.STALE
    assert status_of(store) == ("2", "translated")
    assert results.write(outcome(generation=3)) is Disposition.DONE
    assert status_of(store) == ("3", "translated")


def test_a_duplicate_is_already_done() -> None:
    """Given the same generation and fingerprint, nothing is written again."""
    results = ResultsBucket(InMemoryStore(), "results")
    results.write(outcome())
    assert settled_now(results, 1, "f") is Disposition.ALREADY_DONE
    assert results.write(outcome()) is Disposition.ALREADY_DONE


def test_other_settings_do_it_again() -> None:
    """Given another fingerprint, the same generation is processed and written again."""
    results = ResultsBucket(store := InMemoryStore(), "results")
    results.write(outcome())
    assert settled_now(results, 1, "g") is None
    assert results.write(outcome(fingerprint="g", status=Status.NO_TEXT)) is Disposition.DONE
    assert status_of(store) == ("1", "no_text")


def test_a_failure_never_replaces_a_good_document() -> None:
    """Given a good document, a dead letter of that generation leaves it; of a newer one not."""
    results = ResultsBucket(store := InMemoryStore(), "results")
    results.write(outcome())
    dead = outcome(fingerprint="", status=Status.FAILED)
    assert results.write(dead) is Disposition.ALREADY_DONE
    assert status_of(store) == ("1", "translated")
    newer = replace(dead, upload=replace(dead.upload, ref=ObjectRef("uploads", "a.png", 2)))
    assert results.write(newer) is Disposition.FAILED
    assert status_of(store) == ("2", "failed")


def test_a_late_success_replaces_a_dead_letter() -> None:
    """Given a dead letter's document, a delivery that succeeds after all stands."""
    results = ResultsBucket(store := InMemoryStore(), "results")
    results.write(outcome(fingerprint="", status=Status.FAILED))
    assert settled_now(results, 1, "f") is None
    assert results.write(outcome()) is Disposition.DONE
    assert status_of(store) == ("1", "translated")


class Meddler(InMemoryStore):
    """Somebody else writes just before every write."""

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


def test_a_lost_race_looks_again() -> None:
    """Given an older writer in between, the document is written all the same."""
    assert ResultsBucket(Meddler([1]), "results").write(outcome(generation=2)) is Disposition.DONE


def test_a_race_lost_to_something_newer_is_stale() -> None:
    """Given a newer writer in between, theirs stands."""
    assert ResultsBucket(Meddler([9]), "results").write(outcome(generation=2)) is Disposition.STALE


@pytest.mark.parametrize(
    ("between", "disposition", "stands"),
    [(2, Disposition.DONE, "3"), (3, Disposition.ALREADY_DONE, "3"), (4, Disposition.STALE, "4")],
)
def test_what_was_seen_is_never_overwritten_once_it_has_changed(
    between: int, disposition: Disposition, stands: str
) -> None:
    """Given a document written since the look, the writer looks again and the newest stands."""
    results = ResultsBucket(store := InMemoryStore(), "results")
    results.write(outcome(generation=1))
    seen = results.find(outcome().upload.ref)
    results.write(outcome(generation=between), seen)
    assert results.write(outcome(generation=3), seen) is disposition
    assert status_of(store) == (stands, "translated")


class Counted(InMemoryStore):
    """Counts how often it was looked into."""

    looks = 0

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        self.looks += 1
        return super().stat(bucket, name)


def test_what_still_stands_is_not_looked_at_twice() -> None:
    """Given a bucket nobody else writes to, first and later documents take one look each."""
    results = ResultsBucket(store := Counted(), "results")
    for generation in (1, 2):
        one = outcome(generation)
        results.write(one, results.find(one.upload.ref))
        assert store.looks == generation


def test_what_was_seen_and_deleted_since_is_written_anew() -> None:
    """Given a document deleted since the look, the new one is written all the same."""
    results = ResultsBucket(store := InMemoryStore(), "results")
    results.write(outcome(generation=1))
    seen = results.find(outcome().upload.ref)
    store.delete("results", "a.png.json")
    assert results.write(outcome(generation=2), seen) is Disposition.DONE
    assert status_of(store) == ("2", "translated")


def test_a_bucket_that_never_holds_still_is_unavailable() -> None:
    """Given endless races, the delivery fails for now instead of looping."""
    with pytest.raises(StoreUnavailableError):
        ResultsBucket(Meddler([1] * 100), "results").write(outcome(generation=2))


def test_a_permanent_error_has_a_code_of_the_schema() -> None:
    """Given every permanent error, its code fits the schema's pattern."""
    pattern = document.schema()["$defs"]["code"]
    codes = [error.code for error in PermanentError.__subclasses__()]
    assert UnsupportedImageError.code in codes
    for code in codes:
        Draft202012Validator(pattern).validate(code)
    assert len(set(codes)) == len(codes)
