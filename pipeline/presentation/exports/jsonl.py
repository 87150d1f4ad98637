"""Documents as JSON Lines: one document a line."""

import json
from collections.abc import Iterable, Iterator

from pipeline.outcomes.document_reader import Document

_LINE_SEPARATORS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}
"""Unicode's own line ends: some readers of lines split at them."""


def render(documents: Iterable[Document]) -> Iterator[bytes]:
    """The documents as they were written, each on one line."""
    for document in documents:
        text = json.dumps(document.content, ensure_ascii=False, separators=(",", ":"))
        # Half of a surrogate pair cannot be encoded; JSON has an escape for it.
        yield text.translate(_LINE_SEPARATORS).encode("utf-8", "backslashreplace") + b"\n"
