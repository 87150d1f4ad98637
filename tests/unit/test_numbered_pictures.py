"""The numbered pictures of the soak benchmark and the engine that reads them."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.images.image_file import open_image
from tests.support.numbered_pictures import NumberEngine, picture, text_of


@given(st.integers(0, 65_535))
def test_the_engine_reads_the_number_of_every_picture(number: int) -> None:
    """Given any number, when its picture is read, then the text is that of the number."""
    page = open_image(picture(number), max_pixels=10**6, max_pages=1).page(0)
    assert [read.text for read in NumberEngine().recognize(page.pixels)] == [text_of(number)]
