"""Object names for people: characters that are invisible or turn text round become escapes."""

import unicodedata


def shown_name(name: str) -> str:
    r"""`name` with control, format, private and unassigned characters as `\u202e`.

    So a name cannot hide its ending behind a character that turns the text round.
    """
    return "".join(map(_shown, name))


def _shown(character: str) -> str:
    if not unicodedata.category(character).startswith("C"):
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
