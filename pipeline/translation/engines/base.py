"""What a translator promises."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pipeline.models import Translation


class Translator(Protocol):
    """Turns texts of one language into another.

    Threading: every method may be called from several threads at once.
    Languages are BCP-47 tags; a translator compares primary languages and, where it
    has variants (`pt-BR`, `zh-Hant`), the whole tag.
    """

    @property
    def name(self) -> str:
        """Stands in every translation as `engine`."""
        ...

    def route(self, source: str, target: str) -> tuple[str, ...] | None:
        """The languages a text passes through, both ends included.

        `("es", "en")` is direct, `("fr", "es", "en")` pivots through Spanish; None
        where this translator has no way. Cheap and without I/O: asked for every image.
        """
        ...

    def translate(
        self, texts: Sequence[str], *, source: str, target: str, deadline: float
    ) -> list[Translation]:
        """Translates each text by itself: same length, same order.

        An empty or blank text comes back as it is. `deadline` is a reading of
        `time.monotonic()` after which an answer is of no use.

        Raises:
            TranslatorUnavailableError: no answer, or a refusal that may pass.
            QuotaExceededError: refused for quota.
            DeadlineExceededError: the deadline passed first.
            ValueError: `route(source, target)` is None; callers ask first.

        No message repeats the texts: they are logged.
        """
        ...

    def describe(self) -> Mapping[str, Any]:
        """Name, version and the settings that change the output: part of the fingerprint."""
        ...

    def reserve_bytes(self) -> int:
        """What it may still come to hold beside what it holds now; cheap."""
        ...

    def close(self) -> None:
        """Ends child processes and connections; safe to call twice."""
        ...
