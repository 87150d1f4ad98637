"""BCP-47 language tags: parsing, standard form, primary language."""

import langcodes

from pipeline.errors import UnsupportedLanguageError

UNDETERMINED = "und"


def parse_language(tag: str) -> str:
    """The standard form of a BCP-47 tag: `PT_br` is `pt-BR`.

    Raises:
        UnsupportedLanguageError: not a tag, or its language is not in the registry.
    """
    tag = tag.strip()
    try:
        standard = langcodes.standardize_tag(tag)
    except ValueError:
        standard = ""
    if not standard or standard == UNDETERMINED or not langcodes.tag_is_valid(standard):
        raise UnsupportedLanguageError(
            f"{tag!r} is not a language: use BCP-47 tags such as en, pt-BR or zh-Hant"
        )
    return standard


def parse_languages(tags: str) -> tuple[str, ...]:
    """Parses comma-separated tags; returns their standard forms in order, without repetitions.

    Raises:
        UnsupportedLanguageError: one of them is not a language, or there is none.
    """
    languages = dict.fromkeys(parse_language(tag) for tag in tags.split(",") if tag.strip())
    if not languages:
        raise UnsupportedLanguageError("no target language: name at least one, such as en")
    return tuple(languages)


def primary(tag: str) -> str:
    """The language itself, without script or region: `pt` of `pt-BR`."""
    return tag.split("-", 1)[0]
