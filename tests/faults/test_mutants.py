"""Tests of the audit: it finds each bug that is planted in write, acknowledge or merge code."""

import re
from dataclasses import dataclass

import pytest

from pipeline.language.identification import LanguageIdentifier
from tests.faults import mutants
from tests.faults.conftest import SEED
from tests.faults.mutants import Patch
from tests.faults.small import SmallChain, scenario


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted bug, and the finding that the audit must report."""

    plant: Patch
    finding: str


PICTURE_MUTANTS = {
    "a picture over one of a newer generation": Mutant(
        mutants.picture_over_a_newer_one,
        "overtaken.png.json: its picture overtaken.png.en.png is of",
    ),
    "a document that names a picture which was not written": Mutant(
        mutants.picture_named_unwritten, "plain.png.en.png, which is not there"
    ),
    "a picture that its document does not name": Mutant(
        mutants.picture_of_no_document, "plain.png.en.png is a document without an upload"
    ),
}

MUTANTS = {
    "a write without its precondition": Mutant(
        mutants.unconditional_write, "overtaken.png: generation"
    ),
    "acknowledged before it was written": Mutant(
        mutants.ack_before_write, "unwritten.png: .* no document"
    ),
    "an error ignored": Mutant(mutants.error_swallowed, "unread.png: .* no document"),
    "an unreachable store treated as a deleted upload": Mutant(
        mutants.unreachable_is_gone, "unread.png: .* no document"
    ),
    "the stale check reversed": Mutant(
        mutants.settled_by(mutants.stale_reversed), "overtaken.png: .* newest"
    ),
    "the generation ignored": Mutant(
        mutants.settled_by(mutants.generation_ignored), "again.png: .* newest"
    ),
    "the fingerprint ignored": Mutant(
        mutants.settled_by(mutants.fingerprint_ignored), "early.png: .* fingerprint"
    ),
    "no delivery is ever settled": Mutant(
        mutants.settled_by(mutants.never_settled), "plain.png: .* written 3 times"
    ),
    "a failure replaces a good document": Mutant(
        mutants.failed_replaces_good, "good.png: it ended as fail"
    ),
    "lines of two pictures mixed": Mutant(mutants.lines_mixed, "text of another picture"),
    "a document under the wrong name": Mutant(mutants.wrong_name, "document without an upload"),
    "dead letters dropped": Mutant(mutants.dead_letters_dropped, "poison.png: .* no document"),
    "a truncated document": Mutant(mutants.truncated, "is not JSON"),
    "a field forgotten": Mutant(mutants.field_forgotten, "is not valid"),
    "a confidence that is not a number": Mutant(mutants.not_a_number, "NaN is not JSON"),
    "a bug that the next delivery hides": Mutant(mutants.bug_met_once, "a delivery met a bug"),
    "text in a log line": Mutant(mutants.text_logged, "a log contains recognised text"),
    "credentials in a log line": Mutant(mutants.credentials_logged, "a log contains credentials"),
    "translations one line off": Mutant(mutants.translations_shifted, "is translated"),
    "a delivery pays for translations of an earlier one": Mutant(
        mutants.paid_for_each_delivery, "unwritten.png: .* billed 2 times"
    ),
    "the last line lost": Mutant(mutants.last_line_lost, "it reads"),
    "a document that stood already is not announced": Mutant(
        mutants.never_announced_again, "unannounced.png: .* never announced"
    ),
    "a refused announcement is dropped": Mutant(
        mutants.refused_announcement_dropped, "unannounced.png: .* never announced"
    ),
    "a dead letter announces a failure over a good document": Mutant(
        mutants.dead_letter_announced_as_failed, "announced-late.png: .* never announced"
    ),
    "text in an announcement": Mutant(
        mutants.text_announced, "an announcement contains recognised text"
    ),
    "a new key for a repeated announcement": Mutant(
        mutants.key_of_the_moment, "plain.png: .* have different keys"
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
    findings = _findings(MUTANTS[name], SmallChain(identifier, SEED), monkeypatch)
    assert any(re.search(MUTANTS[name].finding, each) for each in findings), findings


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
    findings = _findings(PICTURE_MUTANTS[name], chain, monkeypatch)
    assert any(re.search(PICTURE_MUTANTS[name].finding, each) for each in findings), findings


def _findings(mutant: Mutant, chain: SmallChain, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The findings of the audit after the scenario with the planted bug."""
    mutant.plant(monkeypatch)
    scenario(chain)
    findings = chain.audit()
    crashes = [each for each in findings if "met a bug" in each]
    assert not crashes or "met a bug" in mutant.finding, (
        "the mutant crashes, so it is not the planted bug"
    )
    return findings
