"""Lines to paragraphs in reading order."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import repeat
from statistics import median

from pipeline.layout.blocks import Block, Text
from pipeline.layout.grouping import grouped
from pipeline.layout.line_text import join
from pipeline.layout.reading_order import reading_order
from pipeline.layout.regions import regions
from pipeline.layout.rows import Row, neighbours, partners, rows_of
from pipeline.layout.run_on import joined
from pipeline.layout.text_direction import TextDirection, group_by_direction
from pipeline.models import Line, LineStyle, Paragraph


def paragraphs(
    lines: Sequence[Line], styles: Sequence[LineStyle] | None = None
) -> tuple[Paragraph, ...]:
    """Groups lines into paragraphs, in reading order.

    Every line is in exactly one paragraph; the order of `lines` does not matter. Polygons of
    paragraphs enclose their lines, turned as the text is. `styles` is the evidence from the
    pixels, one for each line; without it only places and texts decide.
    """
    pairs = sorted(
        zip(lines, styles or repeat(None, len(lines)), strict=True),
        key=lambda pair: (pair[0].polygon, pair[0].text, pair[0].confidence),
    )
    style_of = {id(line): style for line, style in pairs}
    frames = group_by_direction([line for line, _ in pairs])
    if not frames:
        return ()
    found = [
        rows_of(frame, members, [style_of[id(line)] for line in members])
        for frame, members in frames
    ]
    main, _ = max(found, key=lambda pair: sum(len(row.text) for row in pair[1]))
    blocks = [
        _block(frame, main, paragraph)
        for frame, rows in found
        for right, under in [neighbours(rows)]
        for around in [partners(rows, right)]
        for region in regions(rows, under)
        for paragraph in grouped(region, around)
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
