"""The meaning of each error code and warning code, and a remedy for it."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.models import WarningCode


@dataclass(frozen=True, slots=True)
class Advice:
    """A code of a document, with the message the document has for it."""

    code: str
    message: str
    meaning: str = ""
    remedy: str = ""


_WARNINGS: Mapping[str, tuple[str, str]] = {
    WarningCode.PAGES_SKIPPED: (
        "The file has more pages than MAX_PAGES, or than could be read in the time of a delivery.",
        "Raise MAX_PAGES, or split the file and upload its parts.",
    ),
    WarningCode.ATTACHMENTS_SKIPPED: (
        "The PDF has files attached, which were not read.",
        "Upload the attached files themselves.",
    ),
    WarningCode.JAVASCRIPT_NOT_RUN: (
        "The PDF has scripts, which were not run. What they would show is missing.",
        "Print the PDF to a new PDF, and upload that.",
    ),
    WarningCode.DETECTION_REDUCED: (
        "Memory was short, so a page was searched at a smaller size. Small text may be missing.",
        "Raise the memory of an instance, or lower MAX_CONCURRENT_OCR.",
    ),
    WarningCode.SCRIPT_NOT_READ: (
        "Lines are in a script that nothing installed reads. Their text is missing.",
        "Install a reader of the script: the message has the command.",
    ),
    WarningCode.UNSUPPORTED_PAIR: (
        "The translator does not translate this pair of languages. The text stands as read.",
        "Choose another TRANSLATOR or other TARGET_LANGUAGES.",
    ),
    WarningCode.IMAGE_CHARACTERS_CAPPED: (
        "The image has more characters than MAX_CHARACTERS_PER_IMAGE. Nothing was translated.",
        "Raise MAX_CHARACTERS_PER_IMAGE, or cut the picture into parts.",
    ),
    WarningCode.DAILY_CHARACTERS_CAPPED: (
        "MAX_CHARACTERS_PER_DAY was used up. Nothing was translated.",
        "Upload the picture again tomorrow (UTC), or raise MAX_CHARACTERS_PER_DAY.",
    ),
    WarningCode.GLYPHS_MISSING: (
        "No font has a character of a translation. That paragraph is as it was in the picture.",
        "Install a font for the script: the README names the packages.",
    ),
    WarningCode.TEXT_TOO_LONG: (
        "A translation does not fit into its place. That paragraph is as it was in the picture.",
        "Read the translation here, or shorten it by a glossary.",
    ),
    WarningCode.RENDERING_REDUCED: (
        "The translated picture has fewer pixels than the original.",
        "Raise the memory of an instance, or choose another format with RENDER.",
    ),
    WarningCode.RENDERING_SKIPPED: (
        "There is no translated picture of a page, because it takes too much memory.",
        "Raise the memory of an instance.",
    ),
}

_ERRORS: Mapping[str, tuple[str, str]] = {
    "unsupported_image": (
        "The file is not an image of a format that is read.",
        "Convert it to PNG or JPEG and upload it again.",
    ),
    "corrupt_image": (
        "The file begins like an image, but it cannot be decoded.",
        "Open it in an image editor, save it again and upload the new file.",
    ),
    "image_too_large": (
        "The image has more bytes or pixels than the settings allow, or needs too much memory.",
        "Make it smaller, or raise MAX_IMAGE_PIXELS, MAX_IMAGE_BYTES or the memory.",
    ),
    "unsupported_language": (
        "The metadata of the upload names a language that is not a BCP-47 tag.",
        "Correct `target-languages` or `source-language` and upload the file again.",
    ),
    "attempts_exhausted": (
        "Every delivery of this image failed.",
        "Look for the reason in the log, then run `image-translation redeliver --failed`.",
    ),
}


def warning_advice(code: str, message: str) -> Advice:
    """The advice for a warning; a code of a later release has only its message."""
    return Advice(code, message, *_WARNINGS.get(code, ("", "")))


def error_advice(code: str, message: str) -> Advice:
    """The advice for a failure; a code that is not known here has only its message."""
    return Advice(code, message, *_ERRORS.get(code, ("", "")))
