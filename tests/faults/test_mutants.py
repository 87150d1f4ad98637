"""Tests of the audit: it finds each bug that is planted in write, acknowledge or merge code."""

import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import pytest

from pipeline.delivery import processor, subscriber
from pipeline.delivery.acknowledgement import Acknowledger
from pipeline.delivery.dead_letters import DeadLetters
from pipeline.delivery.result import DeliveryResult
from pipeline.delivery.subscriber import Subscriber
from pipeline.errors import (
    ObjectGoneError,
    StoreUnavailableError,
    TopicUnavailableError,
    TransientError,
)
from pipeline.language.identification import LanguageIdentifier
from pipeline.models import Disposition, Line, ObjectRef, Outcome
from pipeline.outcomes import announcer, document, results_bucket
from pipeline.outcomes.announcer import Announcement, Announcer
from pipeline.outcomes.results_bucket import ResultsBucket
from pipeline.stores.in_memory import InMemoryStore
from pipeline.translation.engines.fake import FakeTranslator
from pipeline.translation.translation_memory import TranslationMemory
from tests.faults.conftest import SEED
from tests.faults.small import SmallChain, scenario

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted bug, and the finding that the audit must report."""

    plant: Patch
    finding: str


def unconditional_write(patch: pytest.MonkeyPatch) -> None:
    write = InMemoryStore.write

    def mutant(
        self: InMemoryStore, bucket: str, name: str, content: bytes, **named: Any
    ) -> ObjectRef:
        found = self.stat(bucket, name)
        named["if_generation_match"] = found.ref.generation if found else 0
        return write(self, bucket, name, content, **named)

    patch.setattr(InMemoryStore, "write", mutant)


def ack_before_write(patch: pytest.MonkeyPatch) -> None:
    write = ResultsBucket.write

    def mutant(self: ResultsBucket, *given: Any) -> Disposition:
        try:
            return write(self, *given)
        except StoreUnavailableError:
            return Disposition.DONE

    patch.setattr(ResultsBucket, "write", mutant)


def error_swallowed(patch: pytest.MonkeyPatch) -> None:
    handle = Subscriber.handle

    def mutant(self: Subscriber, *given: Any) -> DeliveryResult:
        try:
            return handle(self, *given)
        except TransientError:
            return DeliveryResult(Disposition.IGNORED)

    patch.setattr(Subscriber, "handle", mutant)


def unreachable_is_gone(patch: pytest.MonkeyPatch) -> None:
    process = processor.Processor.process

    def mutant(self: processor.Processor, *given: Any, **named: Any) -> Outcome:
        try:
            return process(self, *given, **named)
        except StoreUnavailableError as error:
            raise ObjectGoneError("gone") from error

    patch.setattr(processor.Processor, "process", mutant)


def settled_by(decide: Callable[[int, int, bool], Disposition | None]) -> Patch:
    """`disposition_if_settled` with another rule for both generations and equal fingerprints."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        def mutant(existing: Any, source: ObjectRef, fingerprint: str) -> Disposition | None:
            if existing is None:
                return None
            same_print = existing.metadata.get("fingerprint") == fingerprint
            there = int(existing.metadata["source-generation"])
            return decide(there, source.generation, same_print)

        patch.setattr(results_bucket, "disposition_if_settled", mutant)
        patch.setattr(subscriber, "disposition_if_settled", mutant)

    return plant


def stale_reversed(there: int, mine: int, same_print: bool) -> Disposition | None:
    if there < mine:
        return Disposition.STALE
    return Disposition.ALREADY_DONE if there == mine and same_print else None


def generation_ignored(_there: int, _mine: int, same_print: bool) -> Disposition | None:
    return Disposition.ALREADY_DONE if same_print else None


def fingerprint_ignored(there: int, mine: int, _same_print: bool) -> Disposition | None:
    if there > mine:
        return Disposition.STALE
    return Disposition.ALREADY_DONE if there == mine else None


def never_settled(there: int, mine: int, _same_print: bool) -> Disposition | None:
    return Disposition.STALE if there > mine else None


def failed_replaces_good(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(results_bucket, "_is_good", lambda *_: False)


def lines_mixed(patch: pytest.MonkeyPatch) -> None:
    paragraphs, shared = processor.paragraphs, list[Line]()

    def mutant(lines: Sequence[Line], *_styles: object) -> Any:
        shared.extend(lines)
        return paragraphs(shared[-3:])

    patch.setattr(processor, "paragraphs", mutant)


def wrong_name(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(document, "document_name", lambda name: name.rsplit("/", 1)[-1] + ".json")


def dead_letters_dropped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(DeadLetters, "handle", lambda *_: DeliveryResult(Disposition.FAILED))


def truncated(patch: pytest.MonkeyPatch) -> None:
    render = document.render
    patch.setattr(document, "render", lambda outcome: render(outcome)[:-20])


def field_forgotten(patch: pytest.MonkeyPatch) -> None:
    plain = document.to_document
    patch.setattr(
        document,
        "to_document",
        lambda outcome: {key: value for key, value in plain(outcome).items() if key != "usage"},
    )


def not_a_number(patch: pytest.MonkeyPatch) -> None:
    line = document._line
    patch.setattr(document, "_line", lambda *given: {**line(*given), "confidence": float("nan")})


def bug_met_once(patch: pytest.MonkeyPatch) -> None:
    render, met = document.render, list[Outcome]()

    def mutant(outcome: Outcome) -> bytes:
        met.append(outcome)
        if len(met) == 1:
            raise KeyError("usage")
        return render(outcome)

    patch.setattr(document, "render", mutant)


def text_logged(patch: pytest.MonkeyPatch) -> None:
    settle, render, read = Subscriber.handle_upload, document.render, list[str]()

    def rendered(outcome: Outcome) -> bytes:
        read.extend(each.text for page in outcome.pages for each in page.paragraphs)
        return render(outcome)

    def mutant(self: Subscriber, *given: Any, **named: Any) -> DeliveryResult:
        return replace(settle(self, *given, **named), text="\n".join(read))

    patch.setattr(document, "render", rendered)
    patch.setattr(Subscriber, "handle_upload", mutant)


def credentials_logged(patch: pytest.MonkeyPatch) -> None:
    log = Acknowledger._log

    def mutant(self: Acknowledger, *given: Any, **fields: Any) -> None:
        log(self, *given, **fields, headers={"Authorization": "Bearer ya29.something"})

    patch.setattr(Acknowledger, "_log", mutant)


def translations_shifted(patch: pytest.MonkeyPatch) -> None:
    translate = FakeTranslator.translate

    def mutant(self: FakeTranslator, *given: Any, **named: Any) -> Any:
        right = translate(self, *given, **named)
        return [*right[1:], right[0]]

    patch.setattr(FakeTranslator, "translate", mutant)


def paid_for_each_delivery(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TranslationMemory, "recall", lambda *_: None)


def last_line_lost(patch: pytest.MonkeyPatch) -> None:
    paragraphs = processor.paragraphs
    patch.setattr(processor, "paragraphs", lambda lines, *_styles: paragraphs(lines[:-1]))


def never_announced_again(patch: pytest.MonkeyPatch) -> None:
    announce = Announcer.announce

    def mutant(self: Announcer, source: ObjectRef, disposition: Disposition, *given: Any) -> None:
        if disposition is not Disposition.ALREADY_DONE:
            announce(self, source, disposition, *given)

    patch.setattr(Announcer, "announce", mutant)


def refused_announcement_dropped(patch: pytest.MonkeyPatch) -> None:
    announce = Announcer.announce

    def mutant(self: Announcer, *given: Any) -> None:
        with suppress(TopicUnavailableError):
            announce(self, *given)

    patch.setattr(Announcer, "announce", mutant)


def dead_letter_announced_as_failed(patch: pytest.MonkeyPatch) -> None:
    announce = Announcer.announce

    def mutant(self: Announcer, source: ObjectRef, _end: Disposition, *given: Any) -> None:
        announce(self, source, Disposition.FAILED if given[1:] else _end, *given)

    patch.setattr(Announcer, "announce", mutant)


def text_announced(patch: pytest.MonkeyPatch) -> None:
    metadata = announcer.document_metadata

    def mutant(outcome: Outcome) -> dict[str, str]:
        text = "".join(each.text for page in outcome.pages for each in page.paragraphs)
        return metadata(outcome) | {"status": text or "failed"}

    patch.setattr(announcer, "document_metadata", mutant)


def key_of_the_moment(patch: pytest.MonkeyPatch) -> None:
    compose, counted = announcer.announcement, count()

    def mutant(*given: Any) -> Announcement:
        made = compose(*given)
        key = f"{made.attributes['key']}-{next(counted)}"
        data = json.dumps({**json.loads(made.data), "key": key}).encode()
        return Announcement(data, {**made.attributes, "key": key})

    patch.setattr(announcer, "announcement", mutant)


def picture_over_a_newer_one(patch: pytest.MonkeyPatch) -> None:
    write_file = ResultsBucket.write_file

    def mutant(self: ResultsBucket, *given: Any, **named: Any) -> ObjectRef:
        with pytest.MonkeyPatch.context() as inner:
            unconditional_write(inner)
            return write_file(self, *given, **named)

    patch.setattr(ResultsBucket, "write_file", mutant)


def picture_named_unwritten(patch: pytest.MonkeyPatch) -> None:
    def mutant(
        _self: ResultsBucket, outcome: Outcome, suffix: str, *_: Any, **__: Any
    ) -> ObjectRef:
        return ObjectRef("results", outcome.upload.ref.name + suffix, 0)

    patch.setattr(ResultsBucket, "write_file", mutant)


def picture_of_no_document(patch: pytest.MonkeyPatch) -> None:
    plain = document.to_document
    patch.setattr(document, "to_document", lambda outcome: plain(replace(outcome, renderings=())))


PICTURE_MUTANTS = {
    "a picture over one of a newer generation": Mutant(
        picture_over_a_newer_one, "overtaken.png.json: its picture overtaken.png.en.png is of"
    ),
    "a document that names a picture which was not written": Mutant(
        picture_named_unwritten, "plain.png.en.png, which is not there"
    ),
    "a picture that its document does not name": Mutant(
        picture_of_no_document, "plain.png.en.png is a document without an upload"
    ),
}

MUTANTS = {
    "a write without its precondition": Mutant(unconditional_write, "overtaken.png: generation"),
    "acknowledged before it was written": Mutant(ack_before_write, "unwritten.png: .* no document"),
    "an error ignored": Mutant(error_swallowed, "unread.png: .* no document"),
    "an unreachable store treated as a deleted upload": Mutant(
        unreachable_is_gone, "unread.png: .* no document"
    ),
    "the stale check reversed": Mutant(settled_by(stale_reversed), "overtaken.png: .* newest"),
    "the generation ignored": Mutant(settled_by(generation_ignored), "again.png: .* newest"),
    "the fingerprint ignored": Mutant(settled_by(fingerprint_ignored), "early.png: .* fingerprint"),
    "no delivery is ever settled": Mutant(
        settled_by(never_settled), "plain.png: .* written 3 times"
    ),
    "a failure replaces a good document": Mutant(
        failed_replaces_good, "good.png: it ended as fail"
    ),
    "lines of two pictures mixed": Mutant(lines_mixed, "text of another picture"),
    "a document under the wrong name": Mutant(wrong_name, "document without an upload"),
    "dead letters dropped": Mutant(dead_letters_dropped, "poison.png: .* no document"),
    "a truncated document": Mutant(truncated, "is not JSON"),
    "a field forgotten": Mutant(field_forgotten, "is not valid"),
    "a confidence that is not a number": Mutant(not_a_number, "NaN is not JSON"),
    "a bug that the next delivery hides": Mutant(bug_met_once, "a delivery met a bug"),
    "text in a log line": Mutant(text_logged, "a log contains recognised text"),
    "credentials in a log line": Mutant(credentials_logged, "a log contains credentials"),
    "translations one line off": Mutant(translations_shifted, "is translated"),
    "a delivery pays for translations of an earlier one": Mutant(
        paid_for_each_delivery, "unwritten.png: .* billed 2 times"
    ),
    "the last line lost": Mutant(last_line_lost, "it reads"),
    "a document that stood already is not announced": Mutant(
        never_announced_again, "unannounced.png: .* never announced"
    ),
    "a refused announcement is dropped": Mutant(
        refused_announcement_dropped, "unannounced.png: .* never announced"
    ),
    "a dead letter announces a failure over a good document": Mutant(
        dead_letter_announced_as_failed, "announced-late.png: .* never announced"
    ),
    "text in an announcement": Mutant(text_announced, "an announcement contains recognised text"),
    "a new key for a repeated announcement": Mutant(
        key_of_the_moment, "plain.png: .* have different keys"
    ),
}


def test_the_audit_finds_nothing_without_a_mutant(identifier: LanguageIdentifier) -> None:
    """Given the code without a mutant, when the scenario runs, then the audit has no finding."""
    chain = SmallChain(identifier, SEED)
    scenario(chain)
    assert chain.audit() == []


@pytest.mark.parametrize("name", MUTANTS)
def test_the_audit_finds_each_mutant(
    name: str, identifier: LanguageIdentifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a bug in write, ack or merge code, when the same scenario runs, then the
    audit reports it.
    """
    _check_found(MUTANTS[name], SmallChain(identifier, SEED), monkeypatch)


def test_the_audit_finds_nothing_in_pictures_without_a_mutant(
    identifier: LanguageIdentifier,
) -> None:
    """Given RENDER and the code without a mutant, when the scenario runs, then the audit has no
    finding, and there are pictures.
    """
    chain = SmallChain(identifier, SEED, render="png")
    scenario(chain)
    assert chain.audit() == []
    assert "folder/plain.png.en.png" in chain.store.everything()


@pytest.mark.parametrize("name", PICTURE_MUTANTS)
def test_the_audit_finds_each_mutant_of_pictures(
    name: str, identifier: LanguageIdentifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given RENDER and a bug in the writing of pictures, when the same scenario runs, then the
    audit reports it.
    """
    chain = SmallChain(identifier, SEED, render="png")
    _check_found(PICTURE_MUTANTS[name], chain, monkeypatch)


def _check_found(mutant: Mutant, chain: SmallChain, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.plant(monkeypatch)
    scenario(chain)
    findings = chain.audit()
    assert any(re.search(mutant.finding, each) for each in findings), findings
    crashes = [each for each in findings if "met a bug" in each]
    assert not crashes or "met a bug" in mutant.finding, (
        "the mutant crashes, so it is not the planted bug"
    )
