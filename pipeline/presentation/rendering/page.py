"""Renders one page: finds what is replaced, removes the old text, draws the new."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.language.tags import primary
from pipeline.language.text_forms import is_all_caps
from pipeline.models import OutcomeWarning, PageText, Paragraph, Pixels, Polygon, WarningCode
from pipeline.presentation.exports.characters import printable
from pipeline.presentation.rendering.cleaning import remove_text
from pipeline.presentation.rendering.composition import (
    Composition,
    Original,
    compose,
    without_overlaps,
)
from pipeline.presentation.rendering.drawing import draw_line
from pipeline.presentation.rendering.fonts import (
    Fonts,
    first_missing,
    is_right_to_left_language,
)
from pipeline.presentation.rendering.lettering import (
    Colour,
    common_colour,
    contrast,
    lettering_of,
    median_colour,
)
from pipeline.presentation.rendering.places import PageLines, place_of
from pipeline.presentation.rendering.shaping import Typesetter
from pipeline.presentation.rendering.type_size import harmonized, one_type_groups, type_size

_ENOUGH_CONTRAST, _LEAST_CONTRAST = 1.8, 1.4
"""Below the second, and below the first where the old text had more, new text is black or white."""
_LEAST_COMMON_SHARE = 0.88
"""Texts of one size are made smaller together, down to this share of it."""
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)


class _Typesetters:
    """The typesetters of one page, each made once: they keep the fonts that they opened."""

    def __init__(self, fonts: Fonts) -> None:
        self._fonts = fonts
        self._made: dict[tuple[str, bool], Typesetter] = {}

    def of(self, language: str, *, bold: bool = False) -> Typesetter:
        """The typesetter of a language."""
        if (language, bold) not in self._made:
            self._made[language, bold] = Typesetter(
                self._fonts.chain(language, bold=bold),
                right_to_left=is_right_to_left_language(language),
            )
        return self._made[language, bold]


def render_page(
    pixels: Pixels, page: PageText, language: str, fonts: Fonts
) -> tuple[OutcomeWarning, ...]:
    """Replaces a page's text by its translation into `language`, in place.

    `page` is in pixels of `pixels`. Only paragraphs that have another text in that language
    change. Returns a warning for each cause for which others stayed.
    """
    typesetters = _Typesetters(fonts)
    originals, missing = _originals(pixels, page, language, typesetters)
    composed = _composed(originals, language, typesetters)
    replaced = {id(each.original.paragraph) for each in composed}
    lines = [line.polygon for each in composed for line in each.original.paragraph.lines]
    letterings = [form for each in composed for form in each.original.letterings]
    kept = [
        line.polygon
        for paragraph in page.paragraphs
        if id(paragraph) not in replaced
        for line in paragraph.lines
    ]
    remove_text(pixels, lines, letterings, kept)
    for each in composed:
        colour = _legible(pixels, each.original)
        for line in each.lines:
            draw_line(
                pixels,
                line,
                each.typesetter,
                direction=each.original.place.direction,
                colour=colour,
                place=each.original.paragraph.polygon,
            )
    return tuple(_warnings(page, language, missing, len(originals) - len(composed)))


def new_text(paragraph: Paragraph, language: str) -> str | None:
    """The text to draw, None where the paragraph stays as it is; capitals stay capitals."""
    translation = paragraph.translations.get(language)
    if translation is None:
        return None
    text = " ".join(printable(translation.text).split())
    if is_all_caps(paragraph.text):
        text = _capitals(text, language)
    return None if text in {"", " ".join(paragraph.text.split())} else text


def scaled_page(page: PageText, width: int, height: int) -> PageText:
    """The page in pixels of a picture of `width` x `height`."""
    if (width, height) == (page.width, page.height):
        return page
    across, down = width / page.width, height / page.height

    def scaled(polygon: Polygon) -> Polygon:
        a, b, c, d = ((x * across, y * down) for x, y in polygon)
        return a, b, c, d

    paragraphs = tuple(
        replace(
            paragraph,
            polygon=scaled(paragraph.polygon),
            lines=tuple(replace(line, polygon=scaled(line.polygon)) for line in paragraph.lines),
        )
        for paragraph in page.paragraphs
    )
    return replace(page, width=width, height=height, paragraphs=paragraphs)


def _originals(
    pixels: Pixels, page: PageText, language: str, typesetters: _Typesetters
) -> tuple[list[Original], list[str]]:
    """The paragraphs to replace, and the missing characters for which others stay."""
    chain = typesetters.of(language).chain
    page_lines = PageLines(page.paragraphs, page.width)
    originals, missing = [], []
    for index, paragraph in enumerate(page.paragraphs):
        text = new_text(paragraph, language)
        if text is None:
            continue
        character = first_missing(text, chain)
        if character:
            missing.append(character)
            continue
        place = place_of(paragraph, index, page_lines)
        letterings = tuple(lettering_of(pixels, line) for line in paragraph.lines)
        size = type_size(
            [line.text for line in paragraph.lines],
            place.heights,
            letterings,
            typesetters.of(paragraph.language),
            upright_columns=place.upright_columns,
        )
        originals.append(Original(paragraph, text, place, letterings, size))
    sizes = harmonized([each.type_size for each in originals])
    return [
        replace(each, type_size=size) for each, size in zip(originals, sizes, strict=True)
    ], missing


def _composed(
    originals: Sequence[Original], language: str, typesetters: _Typesetters
) -> list[Composition]:
    """The new lines of every paragraph for which they fit; one size for what had one size."""

    def composition(original: Original, largest_share: float = 1.0) -> Composition | None:
        typesetter = typesetters.of(language, bold=original.type_size.is_bold)
        return compose(original, language, typesetter, largest_share=largest_share)

    found = [composition(each) for each in originals]
    for group in _alike(originals):
        shares = [each.size_share for index in group if (each := found[index])]
        common = max(min(shares, default=1.0), _LEAST_COMMON_SHARE)
        for index in group:
            each = found[index]
            if each and each.size_share > common:
                found[index] = composition(originals[index], common)
    return without_overlaps([each for each in found if each])


def _alike(originals: Sequence[Original]) -> Iterator[list[int]]:
    """The indexes of paragraphs of one type, apart for those of one line and those of several."""
    for group in one_type_groups([each.type_size for each in originals]):
        for is_line in (False, True):
            yield [
                index for index in group if (len(originals[index].paragraph.lines) == 1) is is_line
            ]


def _capitals(text: str, language: str) -> str:
    # In Turkish and Azerbaijani the capital of a dotted i has a dot.
    return (text.replace("i", "\u0130") if primary(language) in {"tr", "az"} else text).upper()


def _legible(pixels: Pixels, original: Original) -> Colour:
    """The colour of the old letters, unless they stood out from their ground and now do not."""
    ink = common_colour([each.ink for each in original.letterings])
    before = min(contrast(each.ink, each.ground) for each in original.letterings)
    ground = _ground(pixels, original.paragraph.polygon)
    if contrast(ink, ground) >= max(_LEAST_CONTRAST, min(_ENOUGH_CONTRAST, 0.9 * before)):
        return ink
    return max((_BLACK, _WHITE), key=lambda each: contrast(each, ground))


def _ground(pixels: Pixels, polygon: Polygon) -> Colour:
    height, width, _ = pixels.shape
    xs, ys = zip(*polygon, strict=True)
    left, right = max(0, int(min(xs))), min(width, int(max(xs)) + 1)
    top, bottom = max(0, int(min(ys))), min(height, int(max(ys)) + 1)
    crop = pixels[top:bottom, left:right]
    if not crop.size:
        return _WHITE
    step = max(1, int((crop.shape[0] * crop.shape[1] / 2000) ** 0.5))
    return median_colour(crop[::step, ::step].reshape(-1, 3))


def _warnings(
    page: PageText, language: str, missing: Sequence[str], too_long: int
) -> Iterator[OutcomeWarning]:
    where = f"page {page.index} in {language}"
    if missing:
        points = sorted({f"U+{ord(character):04X}" for character in missing})
        yield OutcomeWarning(
            WarningCode.GLYPHS_MISSING,
            f"{where}: {len(missing)} paragraphs stay as they are, because no font has"
            f" {', '.join(points[:5])}: install fonts-noto-core and fonts-noto-cjk",
        )
    if too_long:
        yield OutcomeWarning(
            WarningCode.TEXT_TOO_LONG,
            f"{where}: {too_long} paragraphs stay as they are, because their translations are too"
            " long for their places",
        )
