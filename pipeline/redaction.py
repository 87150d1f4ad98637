"""Removes credentials and recognised text from messages before they are logged or answered."""

import re
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from pipeline.errors import ImageTranslationError

_THIS_PACKAGE = __name__.partition(".")[0]
_REDACTED = "[credentials]"
_FRAGMENT_LENGTH, _SHORTEST_FRAGMENT = 6, 3
# Escaped characters may spell recognised text, so they count as a repetition of it.
_ESCAPED = re.compile(r"\\[uUxX0-7]|&#|%[89A-F]")
_CREDENTIALS = re.compile(
    r"ya29\.[\w.~+/-]+=*"  # Google's access tokens
    r"|eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"  # JSON Web Tokens
    r"|AIza[\w-]{30,}|GOCSPX-[\w-]+|1//[\w-]{20,}"  # Google's API keys, secrets, refresh tokens
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|(?<=[Bb]earer )[\w.~+/-]{8,}=*"
    r"|(?<=[Bb]asic )[\w+/-]{8,}=*"
    r"|(?<=://)[^\s/@'\"]+(?=@)"  # user and password of a URL
    r"|(?<=[?&])(?:X-Goog-Signature|Signature|access_token|key)=[^&\s'\"]+",
    re.DOTALL,
)


class RedactedError(Exception):
    """Replaces an exception whose message may repeat recognised text."""


def redact_credentials(text: str) -> str:
    """Replaces everything in `text` that looks like a token, a key or a password."""
    return _CREDENTIALS.sub(_REDACTED, text)


def redact_text(error: Exception, texts: Sequence[str]) -> str:
    """The message of an error, or only its type if it repeats a fragment of one of `texts`."""
    message = str(error)
    may_hide_text = texts and _ESCAPED.search(message)
    if may_hide_text or _repeats(message.casefold(), map(str.casefold, texts)):
        return " ".join(filter(None, (type(error).__name__, getattr(error, "reason", None))))
    return message


def _repeats(message: str, texts: Iterable[str]) -> bool:
    for text in texts:
        starts = range(max(1, len(text) - _FRAGMENT_LENGTH + 1))
        fragments = (text[start : start + _FRAGMENT_LENGTH] for start in starts)
        if any(len(each) >= _SHORTEST_FRAGMENT and each in message for each in fragments):
            return True
    return False


@contextmanager
def redact_exceptions(*, log_text: bool) -> Iterator[None]:
    """Replaces exceptions whose message may repeat recognised text, unless `log_text`.

    The messages of the declared errors in this package hold no recognised text. A plug-in
    (an engine or a translator named by `module:Class`) may raise the same types with any
    message, so the type proves nothing: only an error raised in this package keeps its
    message. Of every other exception only the type and the traceback remain.
    """
    try:
        yield
    except Exception as error:
        if log_text or (isinstance(error, ImageTranslationError) and _is_raised_here(error)):
            raise
        message = f"{type(error).__name__}: its message may repeat text; LOG_TEXT=1 shows it"
        kind = type(error) if isinstance(error, ImageTranslationError) else RedactedError
        raise kind(message).with_traceback(error.__traceback__) from None


def _is_raised_here(error: Exception) -> bool:
    """Whether the `raise` statement, the innermost frame of the traceback, is in this package."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    module = frames[-1].f_globals.get("__name__", "") if frames else ""
    return bool(module.partition(".")[0] == _THIS_PACKAGE)
