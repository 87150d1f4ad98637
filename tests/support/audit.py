"""The audit of a chain: each upload has exactly one document, and its logs repeat no secret."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from pipeline.models import Disposition, Upload
from pipeline.outcomes.document import document_name, schema
from tests.support.exchanges import Passed

TOKEN = re.compile(r"\bzq[a-z]{8}\b")
"""Every text contains a token that no other picture has."""

SECRET = "zs-secret-zs"
"""The Authorization header of every push that the suite sends contains this value."""

_CREDENTIALS = re.compile(
    rf"{SECRET}|ya29\.|-----BEGIN|\beyJ[\w-]+\.[\w-]+\.|Authorization|Bearer ", re.IGNORECASE
)
_VALIDATOR = Draft202012Validator(schema())


@dataclass(frozen=True, slots=True)
class Expected:
    """One uploaded generation and the result it must have.

    `code` is the code of the expected failure; it is empty if the upload must be translated.
    `copies` is the number of deliveries that run at once; each of them may be billed.
    """

    upload: Upload
    texts: tuple[str, ...]
    code: str = ""
    copies: int = 1

    @property
    def name(self) -> str:
        return self.upload.ref.name

    @property
    def generation(self) -> str:
        return str(self.upload.ref.generation)


@dataclass(frozen=True, slots=True)
class Document:
    """An object of the results bucket."""

    content: bytes
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Announced:
    """A message that the results topic accepted."""

    data: bytes
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The documents, logs and requests of a finished scenario.

    `announced` are the messages of the results topic, None if the chain has no such topic.
    `marked` is the prefix that the fake translator adds to its translations; None if the
    translator or the OCR engine is real: then each expected text must only be in the document.
    `deleted` names objects that may have no document or one of any generation.
    `every_write_is_logged` is true if no process was killed: then each write has one log line.
    """

    expected: Sequence[Expected]
    documents: Mapping[str, Document]
    logs: str
    marked: str | None
    timeline: Sequence[Passed] = ()
    announced: Sequence[Announced] | None = None
    deleted: frozenset[str] = frozenset()
    fingerprint: str = ""
    every_write_is_logged: bool = False


def audit(evidence: Evidence) -> list[str]:
    """All findings as sentences; empty if no result is lost, mixed up or disclosed."""
    return [
        *_documents(evidence),
        *_pictures(evidence),
        *_without_upload(evidence),
        *_unsettled(evidence),
        *_bugs(evidence),
        *_unannounced(evidence),
        *_announced_wrongly(evidence),
        *_disclosed(evidence),
        *_written_again(evidence),
        *_writes_logged(evidence),
        *_billed_again(evidence),
    ]


def newest(expected: Sequence[Expected]) -> dict[str, Expected]:
    """The newest uploaded generation of each object; its document must be the final one."""
    return {
        each.name: each for each in sorted(expected, key=lambda each: each.upload.ref.generation)
    }


def _documents(evidence: Evidence) -> Iterator[str]:
    for name, last in newest(evidence.expected).items():
        found = evidence.documents.get(document_name(name))
        if found is None:
            if name not in evidence.deleted:
                yield f"{name}: generation {last.generation} has no document"
            continue
        try:
            document = json.loads(found.content, parse_constant=_refuse)
        except ValueError as error:
            yield f"{name}: its document is not JSON: {error}"
            continue
        problems = [error.message[:200] for error in _VALIDATOR.iter_errors(document)]
        if problems:
            yield f"{name}: its document is not valid: {problems}"
            continue
        mine = [each for each in evidence.expected if each.name == name]
        if name not in evidence.deleted:
            mine = [last]
        right = [each for each in mine if each.generation == document["source"]["generation"]]
        if not right:
            generation = document["source"]["generation"]
            yield (
                f"{name}: generation {generation} has the document,"
                f" and {last.generation} is the newest"
            )
            continue
        yield from (
            f"{name}: {problem}" for problem in _content(right[0], document, found, evidence)
        )


def _content(
    expected: Expected, document: dict[str, Any], found: Document, evidence: Evidence
) -> Iterator[str]:
    source = document["source"]
    if (source["name"], source["bucket"]) != (expected.name, expected.upload.ref.bucket):
        yield f"its document is of {source['bucket']}/{source['name']}"
    metadata = {
        "source-generation": source["generation"],
        "status": document["status"],
        "fingerprint": document["engine"]["fingerprint"],
        "languages": ",".join(_languages(document)),
    }
    if "error" in document:
        metadata["code"] = document["error"]["code"]
    if dict(found.metadata) != metadata:
        yield f"its metadata says {dict(found.metadata)}, its document {metadata}"
    code = document.get("error", {}).get("code", "")
    if code != expected.code:
        yield f"it ended as {document['status']} {code}, expected {expected.code or 'translated'}"
    elif not code:
        if evidence.fingerprint not in {"", metadata["fingerprint"]}:
            yield f"its fingerprint is {metadata['fingerprint']}, expected {evidence.fingerprint}"
        if evidence.marked is None:
            yield from _contained(expected, document)
        else:
            yield from _text(expected, document, evidence.marked)
        foreign = set(TOKEN.findall(found.content.decode())) - _tokens(expected)
        if foreign:
            yield f"it contains text of another picture: {sorted(foreign)}"


def _languages(document: dict[str, Any]) -> list[str]:
    """The languages of the lines, the most frequent first, then in reading order."""
    languages = {
        paragraph["id"]: paragraph["language"]
        for page in document["pages"]
        for paragraph in page["paragraphs"]
    }
    lines = [line for page in document["pages"] for line in page["lines"]]
    counted = Counter(languages[each["paragraph"]] for each in lines)
    return [name for name, _ in counted.most_common() if name != "und"]


def _contained(expected: Expected, document: dict[str, Any]) -> Iterator[str]:
    found = document["text"].replace("\n", " ")
    for text in expected.texts:
        if text not in found:
            yield f"it reads {found!r}, expected {text!r}"


def _text(expected: Expected, document: dict[str, Any], marked: str) -> Iterator[str]:
    lines = [line["text"] for page in document["pages"] for line in page["lines"]]
    if lines != list(expected.texts):
        yield f"it reads {lines}, expected {list(expected.texts)}"
    for page in document["pages"]:
        for line in page["lines"]:
            if not all(
                0 <= x <= page["width"] and 0 <= y <= page["height"] for x, y in line["polygon"]
            ):
                yield f"{line['id']} is outside the picture: {line['polygon']}"
        for paragraph in page["paragraphs"]:
            translations = {key: each["text"] for key, each in paragraph["translations"].items()}
            if translations != {"en": marked + paragraph["text"]}:
                yield f"{paragraph['text']!r} is translated {translations}"
    whole = document["translations"].get("en", "").split("\n")
    if whole != [marked + text for text in expected.texts]:
        yield f"its whole text is translated {whole}"


def _pictures(evidence: Evidence) -> Iterator[str]:
    """Checks that each picture a document names is there, and is of the same generation."""
    for name, found in evidence.documents.items():
        for picture in _named(evidence, name):
            if picture not in evidence.documents:
                yield f"{name}: it names {picture}, which is not there"
                continue
            metadata = dict(evidence.documents[picture].metadata)
            if metadata != dict(found.metadata):
                yield f"{name}: its picture {picture} is of {metadata}"


def _named(evidence: Evidence, name: str) -> list[str]:
    """The names of the translated pictures of a document; none if it cannot be read."""
    try:
        document = json.loads(evidence.documents[name].content)
        uris = [rendering["uri"] for rendering in document.get("renderings", ())]
    except (ValueError, KeyError, AttributeError):
        return []
    return [uri.split("/", 3)[3] for uri in uris]


def _without_upload(evidence: Evidence) -> Iterator[str]:
    asked = {document_name(each.name) for each in evidence.expected}
    named = {picture for name in evidence.documents for picture in _named(evidence, name)}
    for name in sorted(set(evidence.documents) - asked - named):
        yield f"{name} is a document without an upload"


def _unsettled(evidence: Evidence) -> Iterator[str]:
    acknowledged = settled(evidence.logs)
    for each in evidence.expected:
        if (each.upload.ref.uri, each.generation) not in acknowledged:
            yield f"{each.name}: no delivery of generation {each.generation} ended"


def _bugs(evidence: Evidence) -> Iterator[str]:
    for line in lines_of(evidence.logs):
        if line.get("disposition") == "bug":
            yield f"{line.get('object')}: a delivery met a bug, and another may have hidden it"


def _unannounced(evidence: Evidence) -> Iterator[str]:
    """Checks that each document that stands was announced, as its metadata describes it."""
    if evidence.announced is None:
        return
    accepted = [json.loads(each.data) for each in evidence.announced]
    for name, last in newest(evidence.expected).items():
        document = evidence.documents.get(document_name(name))
        if document is None or name in evidence.deleted:
            continue
        metadata = document.metadata
        languages = metadata.get("languages", "")
        wanted = {
            "uri": last.upload.ref.uri,
            "generation": metadata.get("source-generation"),
            "status": metadata.get("status"),
            "code": metadata.get("code", ""),
            "languages": languages.split(",") if languages else [],
            "fingerprint": metadata.get("fingerprint"),
        }
        if not any(wanted.items() <= each.items() for each in accepted):
            yield f"{name}: its document was never announced"


def _announced_wrongly(evidence: Evidence) -> Iterator[str]:
    """Checks that no message has text, and that equal messages and only those share a key."""
    keys: dict[str, str] = {}
    for each in evidence.announced or ():
        content = json.loads(each.data)
        attributes = {name: content[name] for name in ("key", "status", "code")}
        attributes["languages"] = ",".join(content["languages"])
        if dict(each.attributes) != attributes:
            yield f"an announcement has the attributes {dict(each.attributes)}, not {attributes}"
        for token in sorted(set(TOKEN.findall(each.data.decode()))):
            yield f"an announcement contains recognised text: {token}"
        key = content.pop("key")
        if keys.setdefault(json.dumps(content), key) != key:
            yield f"{content['uri']}: two equal announcements have different keys"
    if len(set(keys.values())) != len(keys):
        yield "two different announcements have the same key"


def settled(logs: str) -> set[tuple[str, str]]:
    """URI and generation of every upload for which a canonical line reports an end."""
    ends = set(Disposition)
    return {
        (line["object"], line["generation"])
        for line in lines_of(logs)
        if line.get("disposition") in ends and "object" in line
    }


def lines_of(logs: str) -> Iterator[dict[str, Any]]:
    """The log lines that are JSON objects."""
    for line in logs.splitlines():
        if line.startswith("{"):
            try:
                yield json.loads(line)
            except ValueError:
                continue  # truncated because the process was killed


def _disclosed(evidence: Evidence) -> Iterator[str]:
    for token in sorted(set(TOKEN.findall(evidence.logs))):
        yield f"a log contains recognised text: {token}"
    for secret in sorted(set(_CREDENTIALS.findall(evidence.logs))):
        yield f"a log contains credentials: {secret}"


def _written_again(evidence: Evidence) -> Iterator[str]:
    writes = Counter(
        (passed.exchange.name, passed.exchange.generation)
        for passed in evidence.timeline
        if passed.exchange.step == "write" and passed.executed
    )
    for each in evidence.expected:
        times = writes[document_name(each.name), each.generation]
        if times > 1 and not each.code:
            yield f"{each.name}: generation {each.generation} was written {times} times"


def _writes_logged(evidence: Evidence) -> Iterator[str]:
    """Checks that the log has one write for each upload that ended."""
    if not evidence.every_write_is_logged:
        return
    acknowledged = settled(evidence.logs)
    writes = Counter(
        (line["object"], line["generation"])
        for line in lines_of(evidence.logs)
        if line.get("disposition") == Disposition.DONE and "object" in line
    )
    for each in evidence.expected:
        key = (each.upload.ref.uri, each.generation)
        if key in acknowledged and not each.code and writes[key] != 1:
            yield f"{each.name}: the log has {writes[key]} writes of generation {each.generation}"


def _billed_again(evidence: Evidence) -> Iterator[str]:
    """Checks that a text is billed again only if a delivery died before its document."""
    for each in evidence.expected:
        for text in each.texts:
            paid, excused, written = 0, each.copies, False
            for passed in evidence.timeline:
                exchange = passed.exchange
                if exchange.step == "write" and exchange.generation == each.generation:
                    written |= passed.executed and exchange.name == document_name(each.name)
                elif exchange.step == "start" and paid and not written:
                    # A new worker does not have the translations that the previous worker paid for.
                    excused = paid + each.copies
                elif exchange.step == "translate" and passed.executed and text in exchange.texts:
                    paid += 1
                    # The translator translated the text, and its answer was lost.
                    excused += not passed.answered
            if paid > excused:
                yield f"{each.name}: {text!r} was billed {paid} times, and {excused} are explained"


def _tokens(expected: Expected) -> set[str]:
    return {token for text in expected.texts for token in TOKEN.findall(text)}


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
