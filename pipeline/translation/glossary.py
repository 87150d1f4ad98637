"""The glossary: given translations of whole texts and of terms inside texts, read from CSV."""

import csv
import hashlib
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.errors import ConfigurationError, UnsupportedLanguageError
from pipeline.language.tags import parse_language, primary
from pipeline.language.text_forms import is_all_caps

ANY = "*"
_COLUMNS = ["source_language", "target_language", "source", "translation"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a glossary; the language `*` stands for any."""

    source_language: str
    target_language: str
    source: str
    translation: str


class Glossary:
    """Finds the glossary's translations of whole texts and of terms inside texts.

    Case and the amount of white space do not matter. An entry for exactly these languages
    comes before an entry for any language; of two overlapping terms the longer one wins.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries = {
            (entry.source_language, entry.target_language, _folded(entry.source)): entry
            for entry in entries
        }
        sources = sorted({key[2] for key in self._entries}, key=len, reverse=True)
        # White space in a term matches any white space.
        alternatives = (r"\s+".join(map(re.escape, source.split())) for source in sources)
        joined = "|".join(alternatives)
        self._pattern = re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE) if joined else None

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def digest(self) -> str:
        """A short digest of all entries, for the fingerprint."""
        lines = sorted(
            f"{languages} {entry.translation}" for languages, entry in self._entries.items()
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]

    def whole(self, text: str, source: str, target: str) -> str | None:
        """The glossary's translation of all of `text`, in capitals if the text is."""
        entry = self._find(_folded(text), source, target)
        return _cased(entry.translation, text.strip()) if entry else None

    def terms(self, text: str, source: str, target: str) -> list[tuple[int, int, str]]:
        """Start, end and translation of each term inside `text`, in order."""
        if self._pattern is None:
            return []
        found = []
        for match in self._pattern.finditer(text):
            entry = self._find(_folded(match[0]), source, target)
            if entry:
                found.append((match.start(), match.end(), _cased(entry.translation, match[0])))
        return found

    def _find(self, folded: str, source: str, target: str) -> Entry | None:
        for source_language in (source, primary(source), ANY):
            for target_language in (target, primary(target), ANY):
                entry = self._entries.get((source_language, target_language, folded))
                if entry:
                    return entry
        return None


def parse_glossary(content: bytes, name: str) -> Glossary:
    """Reads CSV: source language, target language, source, translation.

    Skips a header line, empty lines and lines that begin with `#`. Errors mention `name`.

    Raises:
        ConfigurationError: lists each problem with its line number.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigurationError(f"{name}, line {line}: not UTF-8; save it as UTF-8") from error
    entries: list[Entry] = []
    problems: list[str] = []
    first_seen: dict[tuple[str, str, str], int] = {}
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if not any(cell.strip() for cell in row) or row[0].startswith("#") or row == _COLUMNS:
                continue
            try:
                entries.append(_entry(row))
                _check_unique(entries[-1], reader.line_num, first_seen)
            except (ValueError, UnsupportedLanguageError) as error:
                problems.append(f"{name}, line {reader.line_num}: {error}")
    except csv.Error as error:
        problems.append(f"{name}, line {reader.line_num}: {error}")
    if problems:
        raise ConfigurationError("\n".join(problems))
    return Glossary(entries)


def _entry(row: list[str]) -> Entry:
    if len(row) != len(_COLUMNS):
        raise ValueError(
            f"{len(row)} columns, needs 4: source language, target language, source, translation"
            " (a text with a comma in it goes between double quotes)"
        )
    source_language, target_language, source, translation = (cell.strip() for cell in row)
    if not source or not translation:
        raise ValueError("the source and the translation must not be empty")
    return Entry(_language(source_language), _language(target_language), source, translation)


def _check_unique(entry: Entry, line: int, first_seen: dict[tuple[str, str, str], int]) -> None:
    key = (entry.source_language, entry.target_language, _folded(entry.source))
    if first_seen.setdefault(key, line) != line:
        raise ValueError(f"{entry.source!r} is already on line {first_seen[key]}")


def _language(tag: str) -> str:
    return ANY if tag == ANY else parse_language(tag)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _cased(translation: str, text: str) -> str:
    if is_all_caps(text):
        return translation.upper()
    return translation[0].upper() + translation[1:] if text[0].isupper() else translation


def protect(text: str, terms: list[tuple[int, int, str]]) -> str:
    """Replaces each term in the text with a placeholder word."""
    parts: list[str] = []
    position = 0
    for number, (start, end, _) in enumerate(terms):
        word = _placeholder(number)
        parts += [text[position:start], word.upper() if text[start:end].isupper() else word]
        position = end
    return "".join([*parts, text[position:]])


def restore(translated: str, terms: list[tuple[int, int, str]]) -> str | None:
    """Replaces each placeholder word with the translation of its term.

    None if a placeholder does not occur exactly once: then the engine changed it.
    """
    for number, (_, _, translation) in enumerate(terms):
        pattern = re.compile(rf"(?<!\w){_placeholder(number)}(?!\w)", re.IGNORECASE)
        # `subn` takes a template, in which a backslash starts an escape.
        translated, count = pattern.subn(translation.replace("\\", r"\\"), translated)
        if count != 1:
            return None
    return translated


def _placeholder(number: int) -> str:
    """A word that exists in no language, of letters only, so that engines keep it as a name."""
    return "Zqx" + "".join(chr(ord("a") + int(digit)) for digit in str(number))
