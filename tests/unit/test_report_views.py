"""The values that the report shows: confidence, placed text, sums, advice, names."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InvalidEventError, PermanentError
from pipeline.models import Point, Polygon, WarningCode
from pipeline.presentation.report.advice import error_advice, warning_advice
from pipeline.presentation.report.entries import Confidence, search_text
from pipeline.presentation.report.overlay import em_width, place_text
from pipeline.presentation.report.previews import page_size, thumbnail_size
from pipeline.presentation.report.renderings import Rendering, renderings_of
from pipeline.presentation.report.shown_names import shown_name
from pipeline.presentation.report.totals import Totals, number_of, stages
from tests.support.outcome_documents import document
from tests.support.report_documents import box


def turned(polygon: Polygon, degrees: float) -> Polygon:
    """The polygon turned clockwise around the origin."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    a, b, c, d = ((x * cos - y * sin, x * sin + y * cos) for x, y in polygon)
    return (a, b, c, d)


def inside(point: Point, polygon: Sequence[Point], margin: float) -> bool:
    edges = zip(polygon, (*polygon[1:], polygon[0]), strict=True)
    return all(
        (x2 - x1) * (point[1] - y1) - (y2 - y1) * (point[0] - x1) >= -margin * math.dist(a, b)
        for a, b in edges
        for (x1, y1), (x2, y2) in [(a, b)]
    )


@pytest.mark.parametrize(
    ("confidence", "percent", "level"),
    [(1.0, 100, "good"), (0.999, 99, "good"), (0.9, 90, "good"), (0.899, 89, "fair"),
     (0.7, 70, "fair"), (0.699, 69, "poor"), (0.0, 0, "poor")],
)  # fmt: skip
def test_a_confidence_is_rounded_down(confidence: float, percent: int, level: str) -> None:
    """Given a confidence, then only a certain one is 100 %, and its level fits its number."""
    assert Confidence.of(confidence) == Confidence(percent, level)


@given(
    text=st.text(min_size=1, max_size=400),
    degrees=st.floats(-180, 180),
    width=st.floats(1, 2000),
    height=st.floats(1, 300),
)
def test_text_is_placed_inside_its_polygon(
    text: str, degrees: float, width: float, height: float
) -> None:
    """Given any text and rectangle, when placed, then its font is no higher than the line, its
    length no longer, and its beginning lies inside.
    """
    polygon = turned(box(500, 300, 500 + width, 300 + height), degrees)
    placed = place_text(text, polygon)
    along, across = (height, width) if height > 1.6 * width else (width, height)
    assert placed.size <= max(across, 0.1)
    assert placed.length is None or placed.length == pytest.approx(along, abs=0.1)
    assert 0 <= placed.x <= along + 0.1
    assert 0 <= placed.y <= across + 0.1
    shift, _, turn = placed.transform.partition(" rotate(")
    x, y = (float(part) for part in shift.removeprefix("translate(").removesuffix(")").split())
    angle = math.radians(float(turn.removesuffix(")")))
    start = (
        x + placed.x * math.cos(angle) - placed.y * math.sin(angle),
        y + placed.x * math.sin(angle) + placed.y * math.cos(angle),
    )
    assert inside(start, polygon, margin=0.02 * along + 0.3)


def test_a_column_is_drawn_downwards() -> None:
    """Given a column of upright characters, when text is placed, then it runs from the column's
    top to its bottom.
    """
    placed = place_text("Mind your step", box(100, 50, 140, 450))
    assert placed.transform == "translate(140.0 50.0) rotate(90.00)"
    assert placed.size == 32


def test_text_from_right_to_left_begins_at_the_right() -> None:
    """Given Hebrew text, when placed, then it begins at the right edge of the line."""
    placed = place_text("יציאה", box(10, 10, 310, 50))
    assert placed.right_to_left
    assert placed.x == 300


def test_wide_characters_count_more_than_narrow_ones() -> None:
    """Given texts of five characters, then Chinese is wider than capitals, and those than dots."""
    assert em_width("北京欢迎你") > em_width("ABCDE") > em_width("abcde") > em_width(".....")
    assert em_width("e\N{COMBINING ACUTE ACCENT}") == em_width("e")


@pytest.mark.parametrize("code", WarningCode)
def test_every_warning_has_a_meaning_and_a_remedy(code: WarningCode) -> None:
    """Given a warning code, then a reader is given its meaning and a remedy."""
    advice = warning_advice(code, "m")
    assert advice.meaning.endswith(".")
    assert advice.remedy.endswith(".")


@pytest.mark.parametrize(
    "error", [each for each in PermanentError.__subclasses__() if each is not InvalidEventError]
)
def test_every_failure_has_a_meaning_and_a_remedy(error: type[PermanentError]) -> None:
    """Given the code of a failed document, then a reader is given its meaning and a remedy."""
    advice = error_advice(error.code, "m")
    assert advice.meaning.endswith(".")
    assert advice.remedy.endswith(".")


def test_a_code_of_a_later_release_has_its_message_only() -> None:
    """Given a code that is not known here, then its message is shown without advice."""
    assert warning_advice("later", "text").meaning == error_advice("later", "text").remedy == ""


@given(
    st.dictionaries(
        st.text(max_size=9) | st.sampled_from(["ocr", "total"]),
        st.floats() | st.text() | st.integers() | st.none(),
    )
)
def test_a_bar_is_never_longer_than_itself(timings: dict[str, object]) -> None:
    """Given any timings, then the parts of the bar are in order and add up to the whole."""
    found = stages(timings)
    assert sum(stage.share for stage in found) == pytest.approx(100 if found else 0, abs=0.1)
    assert [stage.start for stage in found] == sorted(stage.start for stage in found)


@pytest.mark.parametrize("raw", [None, "9", -1, float("inf"), float("nan"), 10**400, [], {}])
def test_an_impossible_number_counts_as_nothing(raw: object) -> None:
    """Given a value that is no count, size or time, then it counts as 0."""
    assert number_of(raw) == 0


def test_totals_name_the_cost_by_list_prices() -> None:
    """Given a million billed characters and 1,000 s, then translation is 20 USD and the time
    of an instance with 2 vCPU and 2 GiB 0.053 USD.
    """
    totals = Totals()
    totals.add(
        "translated", 3, {"usage": {"characters_billed": 10**6}, "timings_ms": {"total": 10**6}}
    )
    totals.add("failed", 0, {"usage": None, "timings_ms": "none"})
    assert totals.by_status == {"translated": 1, "no_text": 0, "failed": 1}
    assert totals.translation_usd == 20
    assert totals.compute_usd == pytest.approx(0.053)
    assert totals.usd == "20.05"


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_preview_is_within_its_bounds(width: int, height: int) -> None:
    """Given a page of any size, then its preview is no larger than it, than 6 megapixels or
    than 16,000 pixels a side, and its thumbnail fits a JPEG.
    """
    shown = page_size((width, height))
    assert 1 <= shown[0] <= width
    assert 1 <= shown[1] <= height
    assert shown[0] * shown[1] <= 6.1e6
    assert max(shown) <= 16_000
    assert max(thumbnail_size((width, height))) <= 16_000


def test_the_search_has_all_texts() -> None:
    """Given a document, then its name, its text and its translations can be searched."""
    found = search_text(document(["hola"], name="n.png", translations={"en": ["hello"]}))
    assert found.split("\n") == ["n.png", "hola", "hello"]


@pytest.mark.parametrize(
    "listed", [None, "x", 7, [1, "x", None], [{"language": "en"}], [{"uri": 1}]]
)
def test_odd_renderings_are_left_out(listed: object) -> None:
    """Given a field `renderings` of another form, then no translated picture is looked for."""
    made = document(["hola"])
    content = {**made.content, "renderings": listed}
    assert list(renderings_of(type(made)(made.source, made.status, "", (), (), content))) == []


def test_renderings_name_their_page() -> None:
    """Given translated pictures with and without a page, then the page is the first by default."""
    made = document(["hola"])
    listed = [{"language": "en", "uri": "gs://r/a"}, {"language": "de", "uri": "b", "page": 2}]
    content = {**made.content, "renderings": listed}
    found = renderings_of(type(made)(made.source, made.status, "", (), (), content))
    assert list(found) == [Rendering("en", "gs://r/a", 0), Rendering("de", "b", 2)]


@given(st.text())
def test_a_shown_name_has_no_hidden_character(name: str) -> None:
    """Given any name, then its shown form has only visible characters and spaces."""
    assert all(each.isprintable() or each.isspace() for each in shown_name(name))
