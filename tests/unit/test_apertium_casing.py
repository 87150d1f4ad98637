"""The lowering of capitals that Apertium adds inside sentences."""

import pytest

from pipeline.translation.engines.apertium_casing import lower_inner_capitals


@pytest.mark.parametrize(
    ("source", "translation", "target", "expected"),
    [
        ("Paella de marisco", "Paella Of seafood", "en", "Paella of seafood"),
        ("Abierto el lunes", "Open The Monday", "en", "Open the Monday"),
        ("lunes a viernes", "Monday to Friday", "en", "Monday to Friday"),
        ("con limón", "With lemon", "en", "with lemon"),
        ("Plaza Nueva de Madrid", "New Square Of Madrid", "en", "New Square of Madrid"),
        ("Fiesta Del Barrio", "Party Of The Quarter", "en", "Party Of The Quarter"),
        ("Cerrado. No pasar", "Closed. Not passing", "en", "Closed. Not passing"),
        ("harina de TRIGO", "flour Of WHEAT", "en", "flour of WHEAT"),
        ("Tarta de queso", "Torta De queijo", "pt", "Torta de queijo"),
        ("Calle de Juan", "Rua De Juan", "pt", "Rua De Juan"),
        ("", "", "en", ""),
    ],
)
def test_added_inner_capitals_are_lowered(
    source: str, translation: str, target: str, expected: str
) -> None:
    """Given a translation, when it has capitals inside that the source lacks, then
    they are lowered.
    """
    assert lower_inner_capitals(source, translation, target) == expected
