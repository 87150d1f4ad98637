"""A hostile file and the outcomes that are allowed for it."""

from dataclasses import dataclass

READ = "read"
REFUSED = frozenset({"unsupported_image", "corrupt_image", "image_too_large"})
ANYTHING = REFUSED | {READ}
UNSUPPORTED, CORRUPT, TOO_LARGE, READABLE = (
    frozenset({code}) for code in ("unsupported_image", "corrupt_image", "image_too_large", READ)
)
MAX_PIXELS = 100_000_000
"""The pixel limit for which the allowed outcomes are written."""


@dataclass(frozen=True, slots=True)
class HostileFile:
    """A file and its allowed outcomes: `READ`, or codes of errors."""

    name: str
    content: bytes
    allowed: frozenset[str]
