"""Translations kept in a bucket, which all instances share: TRANSLATION_MEMORY.

Each is one small object. Its name is the digest of everything that decides the translation:
engine, glossary, languages and text. So two writers of one name write translations of the same
text, and either may win.
"""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.errors import ImageTranslationError
from pipeline.models import Translation
from pipeline.telemetry import Event, Logger, make_logger

SECONDS = 2.0
"""The longest that one image waits for all reads, and again for all writes."""
PAUSE_SECONDS = 30.0
"""How long a store that was too slow is not asked."""

_THREADS = 16
_LONGEST = 1024 * 1024
_REPORT_SECONDS = 60.0

Key = tuple[str, str, str]
"""Source language, target language, text."""
_Request = Future[Translation | None]


class Objects(Protocol):
    """A store of small objects. Threading: may be shared."""

    def read(self, bucket: str, name: str, *, longest: int, seconds: float) -> bytes | None:
        """See `GcsStore.read`."""
        ...

    def replace(self, bucket: str, name: str, content: bytes, *, seconds: float) -> None:
        """See `GcsStore.replace`."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket and the prefix of the object names, from `gs://bucket/prefix`."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, uri: str) -> "Place":
        """The place that a `gs://` address names."""
        bucket, _, prefix = uri.removeprefix("gs://").partition("/")
        return cls(bucket, f"{prefix.rstrip('/')}/" if prefix else "")


class StoredTranslations:
    """Reads and writes translations; a slow or failing store only costs what it would save.

    Threading: may be shared.
    """

    def __init__(
        self,
        objects: Objects,
        place: Place,
        *,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
        logger: Logger | None = None,
    ) -> None:
        self._objects = objects
        self._place = place
        self._seconds = seconds
        self._clock = clock
        self._logger = logger or make_logger()
        self._threads = ThreadPoolExecutor(_THREADS, "stored-translations")
        self._lock = threading.Lock()
        self._paused_until = 0.0
        self._report_at = 0.0

    def find(
        self, engine: Mapping[str, Any], keys: Iterable[Key], *, deadline: float
    ) -> dict[Key, Translation]:
        """The stored translations that arrive in time.

        Args:
            engine: describes the translator and the glossary.
            keys: languages and texts.
            deadline: a reading of `time.monotonic()`.
        """
        reads = {key: self._submit(self._read, object_digest(engine, key)) for key in keys}
        self._wait(reads.values(), deadline)
        found = {}
        for key, read in reads.items():
            translation = read.result() if read and read.done() and not read.cancelled() else None
            if translation:
                found[key] = translation
        return found

    def keep(
        self, engine: Mapping[str, Any], translations: Mapping[Key, Translation], *, deadline: float
    ) -> None:
        """Writes translations; those that take too long are given up.

        They are written before the delivery ends, because Cloud Run takes the CPU away then.
        """
        writes = [
            self._submit(self._write, object_digest(engine, key), translation)
            for key, translation in translations.items()
        ]
        self._wait(writes, deadline)

    def close(self) -> None:
        """Ends the threads; requests in progress end within their time limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _submit(
        self, work: Callable[..., Translation | None], *arguments: object
    ) -> _Request | None:
        if self._clock() < self._paused_until:
            return None
        return self._threads.submit(self._attempt, work, *arguments)

    def _attempt(
        self, work: Callable[..., Translation | None], *arguments: object
    ) -> Translation | None:
        try:
            return work(*arguments)
        except ImageTranslationError as error:
            self._report(f"{error.code}: {error}")
        except Exception as error:  # noqa: BLE001 - a bug of a library must not stop a delivery
            self._report(f"{type(error).__name__}: {error}")
        return None

    def _wait(self, requests: Iterable[_Request | None], deadline: float) -> None:
        submitted = [each for each in requests if each]
        seconds = min(self._seconds, max(0.0, deadline - self._clock()))
        late = wait(submitted, timeout=seconds).not_done
        for each in late:
            each.cancel()
        if late:
            self._paused_until = self._clock() + PAUSE_SECONDS
            self._report(f"{len(late)} of {len(submitted)} requests took over {seconds:.1f} s")

    def _read(self, digest: str) -> Translation | None:
        content = self._objects.read(
            self._place.bucket,
            self._place.prefix + digest,
            longest=_LONGEST,
            seconds=self._seconds,
        )
        translation = parse(content, digest) if content is not None else None
        if content is not None and translation is None:
            self._report(f"the object {digest} is damaged, and is written anew")
        return translation

    def _write(self, digest: str, translation: Translation) -> None:
        self._objects.replace(
            self._place.bucket,
            self._place.prefix + digest,
            render(translation, digest),
            seconds=self._seconds,
        )

    def _report(self, reason: str) -> None:
        """Logs at most once a minute: a store that is down fails for every text."""
        with self._lock:
            now = self._clock()
            if now < self._report_at:
                return
            self._report_at = now + _REPORT_SECONDS
        self._logger.warning(Event.TRANSLATION_MEMORY, reason=reason)


def object_digest(engine: Mapping[str, Any], key: Key) -> str:
    """The SHA-256 of engine, languages and text, in hexadecimal."""
    source, target, text = key
    decisive = {"engine": engine, "source": source, "target": target, "text": text}
    canonical = json.dumps(decisive, sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def render(translation: Translation, digest: str) -> bytes:
    """A translation as the content of the object that has this digest."""
    fields = {
        "of": digest,
        "text": translation.text,
        "engine": translation.engine,
        "via": translation.via,
        "glossary": translation.glossary,
        "detected_language": translation.detected_language,
    }
    return _canonical({**fields, "sha256": hashlib.sha256(_canonical(fields)).hexdigest()})


def parse(content: bytes, digest: str) -> Translation | None:
    """The translation in the object that has this digest; None if it is not as `render` writes."""
    try:
        raw = json.loads(content)
        translation = Translation(
            raw["text"],
            raw["engine"],
            via=raw["via"],
            glossary=raw["glossary"],
            detected_language=raw["detected_language"],
        )
        is_intact = render(translation, digest) == content
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    are_texts = isinstance(translation.text, str) and isinstance(translation.engine, str)
    return translation if is_intact and are_texts else None


def _canonical(fields: Mapping[str, object]) -> bytes:
    return json.dumps(fields, sort_keys=True).encode()
