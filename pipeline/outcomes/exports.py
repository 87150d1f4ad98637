"""Files of other formats that are written beside a document."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pipeline.models import Outcome


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file to be written; `suffix` follows the uploaded object's name."""

    format: str
    suffix: str
    content_type: str
    content: bytes


class Exporter(Protocol):
    """Renders an outcome in the formats of EXPORTS.

    Threading: called from several threads at once.
    """

    def export(self, outcome: Outcome, *, deadline: float) -> Iterator[ExportFile]:
        """The files, one at a time; `deadline` is a reading of `time.monotonic()`.

        Raises:
            TransientError: the next delivery may succeed.
            ObjectGoneError: the picture is not there any more.
        """
        ...
