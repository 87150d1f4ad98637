"""Lines to paragraphs in reading order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from pipeline.layout.blocks import Block, Text
from pipeline.layout.grouping import grouped
from pipeline.layout.line_text import join
from pipeline.layout.reading_order import reading_order
from pipeline.layout.regions import regions_of
from pipeline.layout.rows import Row
from pipeline.layout.run_on import joined
from pipeline.layout.text_direction import TextDirection
from pipeline.models import Line, LineStyle, Paragraph


def paragraphs(
    lines: Sequence[Line], styles: Sequence[LineStyle] | None = None
) -> tuple[Paragraph, ...]:
    """Groups lines into paragraphs, in reading order.

    Every line is in exactly one paragraph; the order of `lines` does not matter. Polygons of
    paragraphs enclose their lines, turned as the text is. `styles` is the evidence from the
    pixels, one for each line; without it only places and texts decide.
    """
    found = regions_of(lines, styles)
    letters: Counter[TextDirection] = Counter()
    for region in found:
        letters[region.frame] += sum(len(row.text) for row in region.rows)
    if not letters:
        return ()
    main = max(letters, key=lambda frame: letters[frame])
    blocks = [
        _block(region.frame, main, rows)
        for region in found
        for rows in grouped(region.rows, region.beside)
    ]
    return tuple(map(_paragraph, joined(reading_order(blocks, vertical_text=main.vertical))))


def _block(frame: TextDirection, main: TextDirection, rows: Sequence[Row]) -> Block:
    left, top, right, bottom = main.bounds(line.polygon for row in rows for line in row.lines)
    style = rows[0].style
    return Block(
        (Text(frame, tuple(rows)),),
        len(rows),
        median(row.size for row in rows),
        left,
        top,
        right,
        bottom,
        quantity=all(row.is_quantity for row in rows),
        boxes=tuple(main.box(each) for each in style.boxes) if style else (),
    )


def _paragraph(text: Text) -> Paragraph:
    lines = tuple(line for row in text.rows for line in row.lines)
    polygon = lines[0].polygon
    if len(lines) > 1:
        level = replace(text.frame, shear=0.0)
        polygon = level.polygon(*level.bounds(line.polygon for line in lines))
    return Paragraph(join([row.text for row in text.rows]), polygon, lines)
