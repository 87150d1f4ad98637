"""Paragraphs: which lines are grouped, and in which order they are read."""

from dataclasses import replace

import pytest

from pipeline.layout.paragraphs import paragraphs
from pipeline.models import Line, LineStyle
from tests.support.ocr_lines import column, line, turned


def texts(lines: list[Line]) -> list[str]:
    return [paragraph.text for paragraph in paragraphs(lines)]


def stacked(*rows: str, left: float = 0, top: float = 0, leading: float = 26) -> list[Line]:
    return [line(text, left, top + leading * i) for i, text in enumerate(rows)]


PROSE = stacked(
    "All visitors must report to the reception",
    "desk before they enter the building, and",
    "wear their badge where it can be seen.",
)


def test_lines_of_prose_are_one_paragraph() -> None:
    """Given three lines that run on, they come back as one text joined with spaces."""
    assert texts(PROSE) == [" ".join(each.text for each in PROSE)]


@pytest.mark.parametrize("degrees", [-90, -35, -8, 3, 12, 90, 180])
def test_tilted_and_turned_text_is_read_as_if_it_were_straight(degrees: float) -> None:
    """Given prose and a price list turned by any angle, the paragraphs are those of level text."""
    page = [*PROSE, line("Sopa", 0, 200), line("4,50", 300, 200), line("Pan", 0, 230)]
    assert texts(turned(page, degrees)) == texts(page)


def test_a_hyphenated_line_end_is_joined() -> None:
    """Given a word broken at the line's end, the paragraph has it whole."""
    rows = stacked(
        "Se ruega a los visitantes que no uti-", "licen el ascensor en caso de incendio."
    )
    assert texts(rows) == [
        "Se ruega a los visitantes que no utilicen el ascensor en caso de incendio."
    ]


def test_a_hyphen_of_the_word_itself_stays() -> None:
    """Given a line that ends after the hyphen of a name, the name keeps it, without a space."""
    rows = stacked("Prochain arrêt de la ligne : Aulnay-", "Sous-Bois")
    assert texts(rows) == ["Prochain arrêt de la ligne : Aulnay-Sous-Bois"]


def test_chinese_and_japanese_lines_are_joined_without_spaces() -> None:
    """Given two lines of a sentence in a script without spaces, none is put between them."""
    rows = [line("非常口の近くに荷物を置", 0, 0, 220), line("かないでください。", 0, 26, 180)]
    assert texts(rows) == ["非常口の近くに荷物を置かないでください。"]


def test_columns_of_upright_characters_are_read_from_right_to_left() -> None:
    """Given three tall columns of characters, the rightmost is read first."""
    page = [
        column("已取之時不參一人見而", 20, 0),
        column("有評是是非非之士師也", 120, 0),
        column("是非不得問之人要取之", 70, 0),
    ]
    assert texts(page) == ["有評是是非非之士師也是非不得問之人要取之已取之時不參一人見而"]


def test_items_of_a_list_stay_separate() -> None:
    """Given a menu's dishes one under the other, each is a paragraph."""
    dishes = ["Ensalada mixta", "Gazpacho andaluz", "Croquetas de jamón", "Tortilla de patatas"]
    assert texts(stacked(*dishes)) == dishes


def test_a_row_of_a_table_keeps_its_columns_apart() -> None:
    """Given names with prices far to their right, names and prices alternate, unmerged."""
    page = [line("Sopa de ajo", 0, 0), line("4,50 €", 400, 1)]
    page += [line("de la casa", 0, 26), line("5,00 €", 400, 25)]
    assert texts(page) == ["Sopa de ajo", "4,50 €", "de la casa", "5,00 €"]


@pytest.mark.parametrize(
    "heading",
    [
        line("Visiting us", 0, -40, size=32),
        line("Visiting us", 0, -26),
        line("VISITING US", 0, -26),
        line("Visiting us", 0, -45),
    ],
    ids=["larger", "same size", "capitals", "spaced"],
)
def test_a_heading_does_not_merge_into_the_paragraph_under_it(heading: Line) -> None:
    """Given a heading over prose, larger or not, it is a paragraph of its own."""
    assert len(texts([heading, *PROSE])) == 2


def test_columns_of_prose_are_read_one_after_the_other() -> None:
    """Given a title over two columns of prose, the left one is read to its end first."""
    left = [
        *stacked("We meet on Mondays in the old", "library to read and to talk.", top=60),
        *stacked("Bring a book that you want to", "share with the other readers.", top=140),
    ]
    right = [
        *stacked(
            "There is tea and cake, and we", "ask for a small contribution.", left=420, top=60
        ),
        *stacked(
            "Children are welcome as long", "as somebody looks after them.", left=420, top=140
        ),
    ]
    found = texts([line("The Monday Readers", 150, 0, 460, size=40), *left, *right])
    assert [text.split()[0] for text in found] == ["The", "We", "Bring", "There", "Children"]


def test_a_new_paragraph_begins_after_a_short_last_line() -> None:
    """Given two paragraphs with no space between them, the short line ends the first."""
    rows = stacked(
        "The museum is open every day from nine to",
        "five, and on Fridays until eight in the",
        "evening.",
        "Guided tours start at the main entrance on",
        "the hour; ask for the times at the desk.",
    )
    assert [text.split()[0] for text in texts(rows)] == ["The", "Guided"]


def test_space_between_lines_separates_paragraphs() -> None:
    """Given lines that could run on, a wider space among narrow ones keeps them apart."""
    page = [*stacked("Se admiten perros", "con correa"), line("sin acceso a la piscina", 0, 61)]
    assert texts(page) == ["Se admiten perros con correa", "sin acceso a la piscina"]


def test_a_line_over_two_cells_goes_on_in_neither() -> None:
    """Given a line with two cells close under it, none of the three merges."""
    page = [
        line("Horario de la piscina", 0, 0),
        line("en verano", 0, 26),
        line("en invierno", 130, 26),
    ]
    assert texts(page) == ["Horario de la piscina", "en verano", "en invierno"]


def test_lines_that_fan_out_are_still_one_paragraph() -> None:
    """Given prose seen from the side, each line tilted a little more, it is one paragraph."""
    fanned = [turned([each], 0.6 * i)[0] for i, each in enumerate(PROSE)]
    assert len(texts(fanned)) == 1


def test_a_single_tall_digit_stands_in_its_row() -> None:
    """Given quantities of one digit, recognised as if they ran downwards, rows are rows."""
    ones = [Line("1", 0.99, ((412, y), (412, y + 20), (400, y + 20), (400, y))) for y in (0, 26)]
    page = [*stacked("Zumo", "de la casa"), *ones]
    assert texts(page) == ["Zumo", "1", "de la casa", "1"]


def test_bulleted_lines_begin_anew() -> None:
    """Given a list with bullets, a line that runs on stays with its bullet."""
    rows = stacked("• Wash your hands before and after", "every meal", "• Wear a mask")
    assert texts(rows) == ["• Wash your hands before and after every meal", "• Wear a mask"]


def test_a_paragraph_encloses_its_lines() -> None:
    """Given merged lines, the paragraph's polygon is the rectangle around them, clockwise."""
    (paragraph,) = paragraphs(PROSE)
    right = max(each.polygon[1][0] for each in PROSE)
    assert paragraph.polygon == ((0, 0), (right, 0), (right, 72), (0, 72))


def test_no_lines_give_no_paragraphs() -> None:
    """Given a page without text, nothing comes back."""
    assert paragraphs([]) == ()


def test_two_price_lists_side_by_side_are_read_one_after_the_other() -> None:
    """Given food and drinks with their prices in two columns, all the food comes first."""
    food, drinks = ["Aceitunas", "Patatas bravas"], ["Cerveza", "Zumo de naranja"]
    page = [
        *stacked("Tapas", *food, leading=48),
        *stacked("Bebidas", *drinks, left=700, leading=48),
    ]
    page += [line(f"{i},50 €", 400 + 700 * (i % 2), 48 * (1 + i // 2)) for i in range(4)]
    page += [line("Precios con IVA", 0, 200)]
    assert texts(page) == [
        *("Tapas", "Aceitunas", "0,50 €", "Patatas bravas", "2,50 €"),
        *("Bebidas", "Cerveza", "1,50 €", "Zumo de naranja", "3,50 €"),
        "Precios con IVA",
    ]


def test_the_columns_of_a_price_list_are_not_read_one_after_the_other() -> None:
    """Given a receipt's names, quantities and prices, each row is read to its end."""
    page = [
        line(text, left, 40 * row)
        for row, cells in enumerate([("Pan", "2", "1,80"), ("Leche", "1", "0,95")])
        for left, text in zip((0, 200, 400), cells, strict=True)
    ]
    assert texts(page) == ["Pan", "2", "1,80", "Leche", "1", "0,95"]


def test_small_letters_throughout_a_table_do_not_join_its_cells() -> None:
    """Given cells that all begin small, one under the other, they stay cells."""
    page = [*stacked("Jueves", "Viernes"), *stacked("cerrado", "solo tardes", left=400)]
    assert texts(page) == ["Jueves", "cerrado", "Viernes", "solo tardes"]


def test_a_dish_over_two_lines_is_one_beside_its_price() -> None:
    """Given a name that goes on in a second line, where the price is, it is whole."""
    page = [*stacked("Cordero asado al horno", "con patatas"), line("15,00", 500, 26)]
    assert texts(page) == ["Cordero asado al horno con patatas", "15,00"]


def test_a_description_in_smaller_type_is_not_part_of_the_name() -> None:
    """Given a dish and under it, in smaller type, what comes with it, they stay two."""
    page = [line("Merluza a la plancha", 0, 0, size=28), line("con patatas y verduras", 0, 32)]
    assert texts(page) == ["Merluza a la plancha", "con patatas y verduras"]


@pytest.mark.parametrize(
    ("rows", "paragraph"),
    [
        (["WHAT ARE", "YOU DOING", "HERE?"], "WHAT ARE YOU DOING HERE?"),
        (["PROHIBIDO EL PASO", "A TODA PERSONA AJENA", "A LA OBRA"], None),
        (["Stationnement interdit", "du lundi au samedi"], None),
        (["Please keep", "this door closed", "at all times"], None),
        (["NO.53 JALAN PUTRA 1,", "TAMAN SRI PUTRA"], None),
        (["Calle Mayor 14", "28013 Madrid"], None),
    ],
)
def test_a_sentence_over_several_lines_of_a_sign_is_one(
    rows: list[str], paragraph: str | None
) -> None:
    """Given a sign's centred lines whose words lead over, they are one paragraph."""
    page = [
        line(text, 300 - 5.5 * len(text), 26.0 * i, 11.0 * len(text)) for i, text in enumerate(rows)
    ]
    assert texts(page) == [paragraph or " ".join(rows)]


@pytest.mark.parametrize(
    "rows",
    [
        ["FIRE DOOR", "KEEP SHUT"],
        ["Caution", "Wet Floor"],
        ["Poulet rôti aux herbes", "Saumon grillé", "Tarte aux pommes"],
        ["TAX INVOICE", "INV NO: 18311/103/T0280"],
        ["Facebook.com/BarWangRice", "hola@example.com"],
        ["禁止吸烟", "禁止游泳"],
        ["電車が遅れています", "お急ぎのお客様は"],
    ],
)
def test_lines_that_say_different_things_stay_apart(rows: list[str]) -> None:
    """Given a sign's lines, each complete in itself, each is a paragraph."""
    wide = [20 if text > "\u3000" else 11 for text in rows]
    page = [
        line(text, 300 - each / 2 * len(text), 26.0 * i, 1.0 * each * len(text))
        for i, (text, each) in enumerate(zip(rows, wide, strict=True))
    ]
    assert texts(page) == rows


def test_what_stands_below_upright_columns_is_read_last() -> None:
    """Given tall columns and a signature across the foot, the signature comes at the end."""
    page = [
        column("電車が遅れています", 300, 0),
        column("足元注意", 20, 0),
        line("東京駅", 100, 420),
    ]
    assert texts(page) == ["電車が遅れています", "足元注意", "東京駅"]


def test_a_line_found_in_two_pieces_is_read_through() -> None:
    """Given a line recognised as two boxes close together, the text runs through both."""
    page = [line("All visitors must", 0, 0), line("report here", 194, 1)]
    assert texts(page) == ["All visitors must report here"]


PLAIN = LineStyle(0.1, (0, 0, 0), (255, 255, 255))


def test_another_type_begins_another_paragraph() -> None:
    """Given a bold name over a gray description, then the pixels keep them apart."""
    page = stacked("Soupe de poissons", "rouille, croûtons et fromage")
    gray = replace(PLAIN, weight=0.07, ink=(120, 120, 120))
    assert len(paragraphs(page, [PLAIN, PLAIN])) == 1
    assert len(paragraphs(page, [PLAIN, gray])) == 2


def test_lines_in_two_boxes_are_not_one_line() -> None:
    """Given two buttons close side by side, then their texts do not run through."""
    page = [line("Cancel it", 0, 0), line("Save now", 105, 0)]
    left, right = ((0, 0, 101, 20),), ((103, 0, 200, 20),)
    styles = [replace(PLAIN, boxes=left), replace(PLAIN, boxes=right)]
    assert texts(page) == ["Cancel it Save now"]
    assert [each.text for each in paragraphs(page, styles)] == ["Cancel it", "Save now"]


def test_a_paragraph_runs_on_in_the_next_column() -> None:
    """Given a sentence that goes on at the top of the next column, then it is one paragraph."""
    left = stacked("The old bridge had stood for so", "long that nobody in the village", top=200)
    right = stacked(
        "could remember who had built it", "or what the river was before.", left=420, top=110
    )
    filler = stacked("Nothing much ever happens here,", "they say, and mean it kindly.", top=100)
    found = texts([*filler, *left, *right])
    assert found[-1].startswith("The old bridge")
    assert found[-1].endswith("was before.")


def test_a_header_is_read_before_the_columns_under_it() -> None:
    """Given a date at the right edge above two columns, then it is not part of the right one."""
    page = [line("The Valley Voice", 0, 0), line("14 May", 684, 0)]
    page += stacked("The old bridge had stood for so", "long that nobody could recall.", top=70)
    page += stacked(
        "A steam engine was shown to the", "public on Monday afternoon.", left=420, top=70
    )
    assert [text.split()[0] for text in texts(page)] == ["The", "14", "The", "A"]


def test_hebrew_is_read_from_the_right() -> None:
    """Given Hebrew text in two columns, then the right one is read first."""
    right = [line("הספרייה פתוחה בכל יום", 500, y, 300) for y in (0, 26)]
    left = [line("הכניסה חופשית לכולם", 0, y, 300) for y in (0, 26)]
    assert paragraphs([*left, *right])[0].lines[0].polygon[0][0] == 500
