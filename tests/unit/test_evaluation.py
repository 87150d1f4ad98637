"""The measures of `evaluate`, the forms of truth, and the page of differences."""

import json
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.language.identification import LanguageIdentifier
from pipeline.operations.evaluation import metrics
from pipeline.operations.evaluation.evaluate import EvaluatedImage, Totals
from pipeline.operations.evaluation.label_studio_truth import LabelStudioExport
from pipeline.operations.evaluation.page import DifferencesPage, differences
from pipeline.operations.evaluation.scores import Reading, Score, TextLine, read_from, score
from pipeline.operations.evaluation.truth import TruthFolder, read_truth
from pipeline.presentation.exports import label_studio
from tests.support.outcome_documents import document

SQUARE = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))


def moved(by: float) -> metrics.Outline:
    return tuple((x + by, y) for x, y in SQUARE)


def lines(*texts: str) -> Reading:
    return Reading(tuple(TextLine(text) for text in texts))


def test_error_rates_and_f1_of_a_known_case() -> None:
    """Given one wrong letter of ten in two words, the rates and F1 are those counted by hand."""
    found = score(lines("HOLA MUNDO"), lines("HOLA MUNDA"))
    assert found.measures() == {
        "cer": 1 / 10,
        "wer": 1 / 2,
        "word_f1": 2 * 1 / 4,
        "precision": None,
        "recall": None,
        "tau": None,
    }


def test_sums_weigh_images_by_their_length() -> None:
    """Given a long right and a short wrong image, the totals are over characters, not images."""
    total = score(lines("A" * 98), lines("A" * 98)) + score(lines("BC"), lines("XY"))
    assert total.images == 2
    assert total.cer == 2 / 100


@pytest.mark.parametrize(
    ("truth", "read", "cer", "f1"),
    [("", "", None, None), ("", "noise", None, 0.0), ("text", "", 1.0, 0.0)],
)
def test_an_empty_truth_or_reading_has_its_own_value(
    truth: str, read: str, cer: float | None, f1: float | None
) -> None:
    """Given an empty side, nothing is divided by zero, and text that is not there counts."""
    found = score(lines(truth), lines(read))
    assert (found.cer, found.word_f1) == (cer, f1)


def test_case_counts_unless_it_is_ignored() -> None:
    """Given a truth in capitals, the character error rate is of the case only where asked."""
    truth, read = lines("TOTAL"), lines("Total")
    assert score(truth, read).cer == 4 / 5
    assert score(truth, read, ignore_case=True).cer == 0


def test_boxes_count_from_half_an_overlap_and_only_once() -> None:
    """Given two boxes on one true box and one beside it, one is found."""
    truth = Reading((TextLine("a", SQUARE), TextLine("b", moved(100))))
    read = Reading((TextLine("a", moved(1)), TextLine("a", moved(2)), TextLine("c", moved(96))))
    found = score(truth, read)
    assert (found.precision, found.recall) == (1 / 3, 1 / 2)


def test_a_place_that_is_not_judged_is_neither_asked_for_nor_wrong() -> None:
    """Given ICDAR's ### on a place, a box there counts for nothing."""
    truth = Reading((TextLine("a", SQUARE), TextLine("###", moved(100), ignored=True)))
    found = score(truth, Reading((TextLine("a", SQUARE), TextLine("x", moved(101)))))
    assert (found.precision, found.recall, found.cer) == (1.0, 1.0, 0.0)


def test_a_truth_of_boxes_is_compared_place_by_place() -> None:
    """Given lines read in another order than the truth lists them, there is no error."""
    truth = Reading((TextLine("uno", SQUARE), TextLine("dos", moved(100))))
    read = Reading((TextLine("dos", moved(100)), TextLine("uno", SQUARE)))
    assert score(truth, read).cer == 0


def test_pages_do_not_mix() -> None:
    """Given the same place on two pages, a box is found on its own page only."""
    truth = Reading((TextLine("a", SQUARE, page=1),))
    assert score(truth, Reading((TextLine("a", SQUARE, page=0),))).recall == 0
    assert score(truth, Reading((TextLine("a", SQUARE, page=1),))).recall == 1


@pytest.mark.parametrize(
    ("ranks", "tau"), [((0, 1, 2), 1.0), ((2, 1, 0), -1.0), ((0, 2, 1), 1 / 3), ((0,), None)]
)
def test_kendalls_tau(ranks: tuple[int, ...], tau: float | None) -> None:
    """Given orders, tau is that of the definition."""
    found = metrics.kendall_tau(ranks)
    assert found == tau if tau is None else found == pytest.approx(tau)


def test_reading_order_is_judged_by_paragraphs() -> None:
    """Given three paragraphs of which two changed places, tau is a third."""
    truth = Reading((), ("primero de todos", "segundo lugar", "tercero y último"))
    read = Reading((), ("primero de todos", "tercero y ultimo", "segundo lugar"))
    assert score(truth, read).tau == pytest.approx(1 / 3)


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_text_file_has_paragraphs_between_empty_lines(tmp_path: Path) -> None:
    """Given CRLF, a byte order mark and empty lines, the paragraphs are those of the text."""
    file = write(tmp_path / "a.txt", "\ufeffUno\r\ndos\r\n\r\nTres\r\n")
    assert read_truth(file).paragraphs == ("Uno dos", "Tres")


def test_latin_1_is_read(tmp_path: Path) -> None:
    """Given a truth in Latin-1, its letters are right."""
    file = write(tmp_path / "a.txt", "ATENCIÓN\nCafé".encode("latin-1"))
    assert read_truth(file).text == "ATENCIÓN Café"


def test_an_empty_file_is_an_empty_truth(tmp_path: Path) -> None:
    """Given a file without text, the truth says that there is none."""
    for name in ("a.txt", "b.csv"):
        assert read_truth(write(tmp_path / name, "\n")) == Reading(())


@pytest.mark.parametrize(
    ("row", "text", "ignored"),
    [
        ("0,0,10,0,10,10,0,10,TOTAL, 12,50", "TOTAL, 12,50", False),
        ("0,0,10,0,10,10,0,10,Latin,Hello", "Hello", False),
        ("0,0,10,0,10,10,0,10,###", "###", True),
        ('0, 0, 10, 10, "Hello"', "Hello", False),
    ],
)
def test_forms_of_boxes(tmp_path: Path, row: str, text: str, ignored: bool) -> None:
    """Given SROIE, ICDAR 2013, 2015 and MLT, the same place and the text are read."""
    (line,) = read_truth(write(tmp_path / "gt_a.txt", row + "\r\n")).lines
    assert (line.text, line.outline, line.ignored) == (text, SQUARE, ignored)


def test_a_csv_that_is_not_of_the_form_is_refused_with_its_line(tmp_path: Path) -> None:
    """Given a row without places, the error names file, line and form."""
    file = write(tmp_path / "a.csv", "0,0,10,0,10,10,0,10,x\nname,price\n")
    with pytest.raises(UsageError, match=r"a\.csv, line 2: 'name,price' is not x1,y1"):
        read_truth(file)


def test_a_truth_is_found_by_any_of_its_names(tmp_path: Path) -> None:
    """Given names with folders, suffixes and gt_, each document finds its truth."""
    for name in ("a.txt", "sub/b.jpg.txt", "gt_c.txt", "never.txt"):
        write(tmp_path / name, name)
    truths = TruthFolder.scan(tmp_path)
    found = [truths.find(name) for name in ("a.png", "sub/b.jpg", "c.jpg", "deep/a.jpg", "z.png")]
    assert [each.text if each else None for each in found] == [
        "a.txt",
        "sub/b.jpg.txt",
        "gt_c.txt",
        "a.txt",
        None,
    ]
    assert truths.unused() == ["never"]


def test_two_truths_of_one_image_are_refused(tmp_path: Path) -> None:
    """Given a.txt and a.csv, the error names both."""
    for name in ("a.txt", "a.csv"):
        write(tmp_path / name, "")
    with pytest.raises(UsageError, match="both the truth of a"):
        TruthFolder.scan(tmp_path)


def corrected(text: str) -> list[dict[str, object]]:
    """Our own export as Label Studio gives it back, with one text corrected."""
    tasks = json.loads(b"".join(label_studio.render([document(["HOLA MUNDO", "ADIOS"])])))
    for task in tasks:
        (prediction,) = task.pop("predictions")
        task["annotations"] = [{"result": prediction["result"], "was_cancelled": False}]
        prediction["result"][2]["value"]["text"] = [text]
    return tasks


def test_a_corrected_label_studio_export_is_a_truth(tmp_path: Path) -> None:
    """Given our tasks with one word corrected, the boxes are found and one word is wrong."""
    file = write(tmp_path / "export.json", json.dumps(corrected("HOLA MUNDA")))
    truth = LabelStudioExport.load(file).find("a.png")
    assert truth is not None
    found = score(truth, read_from(document(["HOLA MUNDO", "ADIOS"])))
    assert (found.precision, found.recall) == (1.0, 1.0)
    assert found.wer == 1 / 3


@pytest.mark.parametrize(
    "content", ["{", "{}", "[{}]", '[{"data": {"image": "a.png"}, "annotations": []}]', "[1]"]
)
def test_what_is_no_export_of_label_studio_is_refused(tmp_path: Path, content: str) -> None:
    """Given another file, or one without annotations, the error says what to do."""
    with pytest.raises(UsageError, match=r"not a Label Studio export|has no annotation"):
        LabelStudioExport.load(write(tmp_path / "export.json", content))


@settings(deadline=None)
@given(st.text(), st.text())
def test_differences_hold_both_texts(true: str, read: str) -> None:
    """Given two texts, leaving out one kind of part gives each of them back."""
    parts = list(differences(true, read))
    assert "".join(text for kind, text in parts if kind != "insert") == true
    assert "".join(text for kind, text in parts if kind != "delete") == read


def test_the_page_escapes_all_that_was_read() -> None:
    """Given markup in a name and in texts, the page holds it as text only."""
    script = "<script>alert(1)</script>"
    truth, read = lines(f"{script}a"), lines(f"{script}b")
    image = EvaluatedImage(script, "en", truth, (read,), (score(truth, read),))
    totals, stream = Totals(), BytesIO()
    totals.add(image)
    page = DifferencesPage(StringIO())
    page.add(image)
    page.save(stream, totals.rows(), (script,))
    content = stream.getvalue().decode()
    assert "<script" not in content
    assert "<del>a</del>" in content
    assert "<ins>b</ins>" in content


def test_totals_are_by_language_and_in_all() -> None:
    """Given two languages, each has its row, and `all` comes first with the sum."""
    totals = Totals()
    for language in ("fr", "en", "fr"):
        totals.add(EvaluatedImage("a", language, lines(), (), (Score(images=1),)))
    assert {name: scores[0].images for name, scores in totals.rows().items()} == {
        "all": 3,
        "en": 1,
        "fr": 2,
    }
    assert next(iter(totals.rows())) == "all"


def test_the_language_is_the_truths(tmp_path: Path, identifier: LanguageIdentifier) -> None:
    """Given a Spanish truth, the identifier calls it Spanish."""
    truth = read_truth(write(tmp_path / "a.txt", "Prohibido el paso a toda persona"))
    (guess,) = identifier.identify([truth.text])
    assert guess.language == "es"
