"""A fake translator for tests: marks texts with their languages."""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.errors import DeadlineExceededError, ImageTranslationError
from pipeline.language.tags import UNDETERMINED, primary
from pipeline.models import Translation


class FakeTranslator:
    """Marks every text with its languages: `es>en:hola`.

    Args:
        unsupported: pairs of source and target without a route.
        failures: each of the first calls raises the next of these.
        detects: the detected language for texts of an undetermined one.
    """

    name = "fake"

    def __init__(
        self,
        *,
        unsupported: Iterable[tuple[str, str]] = (),
        failures: Iterable[ImageTranslationError] = (),
        detects: str | None = None,
    ) -> None:
        self._detects = detects
        self._unsupported = frozenset(unsupported)
        self._failures = list(failures)
        self._lock = threading.Lock()
        self.calls: list[tuple[tuple[str, ...], str, str]] = []

    def route(self, source: str, target: str) -> tuple[str, ...] | None:
        """See `Translator.route`: direct, from any language to any other."""
        if (source, target) in self._unsupported or primary(source) == primary(target):
            return None
        return (source, target)

    def translate(
        self, texts: Sequence[str], *, source: str, target: str, deadline: float
    ) -> list[Translation]:
        """See `Translator.translate`; records every call in `calls`."""
        if self.route(source, target) is None:
            raise ValueError(f"the fake has no route from {source} to {target}")
        with self._lock:
            self.calls.append((tuple(texts), source, target))
            if self._failures:
                raise self._failures.pop(0)
        if time.monotonic() >= deadline:
            raise DeadlineExceededError("the deadline passed before the fake answered")
        detected = self._detects if source == UNDETERMINED else None
        return [
            Translation(
                f"{source}>{target}:{text}" if text.strip() else text,
                self.name,
                detected_language=detected,
            )
            for text in texts
        ]

    def describe(self) -> Mapping[str, Any]:
        """See `Translator.describe`."""
        return {"name": self.name}

    def reserve_bytes(self) -> int:
        """See `Translator.reserve_bytes`."""
        return 0

    def close(self) -> None:
        """See `Translator.close`."""
