"""Bugs in write, acknowledge and merge code, each planted by a patch."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
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
from pipeline.models import Disposition, Line, ObjectRef, Outcome
from pipeline.outcomes import announcer, document, results_bucket
from pipeline.outcomes.announcer import Announcement, Announcer
from pipeline.outcomes.results_bucket import ResultsBucket
from pipeline.stores.in_memory import InMemoryStore
from pipeline.translation.engines.fake import FakeTranslator
from pipeline.translation.translation_memory import TranslationMemory

Patch = Callable[[pytest.MonkeyPatch], None]


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
