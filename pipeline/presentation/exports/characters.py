"""Characters that XML, CSV and plain text cannot hold."""

import re

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""All but the `Char` of XML 1.0 (https://www.w3.org/TR/xml/#charsets) less the C1 controls."""


def printable(text: str) -> str:
    """`text` with U+FFFD in place of control characters and halves of surrogate pairs."""
    return _FORBIDDEN.sub("\ufffd", text)
