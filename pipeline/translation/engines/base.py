"""The Protocol of translators."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pipeline.models import Translation


class Translator(Protocol):
    """Translates texts from one language into another.

    Threading: several threads may call any method at the same time.
    Languages are BCP-47 tags. A translator compares primary languages, and whole tags where it
    has variants (`pt-BR`, `zh-Hant`).
    """

    @property
    def name(self) -> str:
        """The `engine` of its translations."""
        ...

    def route(self, source: str, target: str) -> tuple[str, ...] | None:
        """The languages on the way from source to target, both included; None: no route.

        `("es", "en")` is direct, `("fr", "es", "en")` pivots through Spanish. Must be cheap and
        without I/O, because it is called for every image.
        """
        ...

    def translate(
        self, texts: Sequence[str], *, source: str, target: str, deadline: float
    ) -> list[Translation]:
        """Translates each text separately; the result has the same length and order.

        Blank texts are returned unchanged. `deadline` is a reading of `time.monotonic()`.

        Raises:
            TranslatorUnavailableError: no answer, or a temporary refusal.
            QuotaExceededError: refused because of a quota.
            DeadlineExceededError: the deadline passed first.
            ValueError: `route(source, target)` is None; callers must check first.

        Messages are logged, so they must not contain the texts.
        """
        ...

    def describe(self) -> Mapping[str, Any]:
        """Name, version and the settings that change the output: part of the fingerprint."""
        ...

    def reserve_bytes(self) -> int:
        """Memory that it may still allocate; must be cheap."""
        ...

    def close(self) -> None:
        """Ends child processes and connections; safe to call twice."""
        ...
