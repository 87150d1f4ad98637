"""What logs never say: credentials, and the text of pictures."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from pipeline.errors import ImageTranslationError

_OURS = __name__.partition(".")[0]
_GONE = "[credentials]"
_PIECE, _SHORTEST_PIECE = 6, 3
# Behind escapes anything may hide.
_ESCAPED = re.compile(r"\\[uUxX0-7]|&#|%[89A-F]")
_CREDENTIALS = re.compile(
    r"ya29\.[\w.~+/-]+=*"  # Google's access tokens
    r"|eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"  # tokens that are JSON
    r"|AIza[\w-]{30,}|GOCSPX-[\w-]+|1//[\w-]{20,}"  # keys, secrets, refresh tokens of Google's
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|(?<=[Bb]earer )[\w.~+/-]{8,}=*"
    r"|(?<=[Bb]asic )[\w+/-]{8,}=*"
    r"|(?<=://)[^\s/@'\"]+(?=@)"  # user and password of a URL
    r"|(?<=[?&])(?:X-Goog-Signature|Signature|access_token|key)=[^&\s'\"]+",
    re.DOTALL,
)


class RedactedError(Exception):
    """Stands for an exception whose message may repeat what was read in a picture."""


def redact_credentials(text: str) -> str:
    """The text, with what looks like a token, a key or a password replaced."""
    return _CREDENTIALS.sub(_GONE, text)


def redact_text(error: Exception, texts: Sequence[str]) -> str:
    """What an error says, or only what kind it is where it repeats a piece of one of the texts."""
    message = str(error)
    hidden = texts and _ESCAPED.search(message)
    if hidden or _repeats(message.casefold(), map(str.casefold, texts)):
        return " ".join(filter(None, (type(error).__name__, getattr(error, "reason", None))))
    return message


def _repeats(message: str, texts: Iterable[str]) -> bool:
    for text in texts:
        pieces = (text[at : at + _PIECE] for at in range(max(1, len(text) - _PIECE + 1)))
        if any(len(piece) >= _SHORTEST_PIECE and piece in message for piece in pieces):
            return True
    return False


@contextmanager
def redact_exceptions(*, unless: bool) -> Iterator[None]:
    """Lets no exception out whose message may repeat recognised text.

    Declared errors that this package raises are written not to. Of any other (an engine's or
    a translator's of somebody else, or a bug) only the type and the traceback are left.
    `unless` LOG_TEXT allows it.
    """
    try:
        yield
    except Exception as error:
        if unless or (isinstance(error, ImageTranslationError) and _is_raised_here(error)):
            raise
        told = f"{type(error).__name__}: its message may repeat text; LOG_TEXT=1 shows it"
        kind = type(error) if isinstance(error, ImageTranslationError) else RedactedError
        raise kind(told).with_traceback(error.__traceback__) from None


def _is_raised_here(error: Exception) -> bool:
    """Whether the innermost frame is of this package."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    module = trace.tb_frame.f_globals.get("__name__", "") if trace else ""
    return bool(module.partition(".")[0] == _OURS)
