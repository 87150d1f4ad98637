"""The review page without a network: listing, headers, problems, memory."""

import json
import re
from io import BytesIO

import pytest
from flask import Response
from PIL import Image

from functions.review_piece import DOCUMENTS_IN_A_PIECE
from pipeline.errors import StoreForbiddenError, StoreUnavailableError
from pipeline.outcomes.document import to_document
from tests.support.report_documents import failed, outcome, paragraph, picture
from tests.support.review_browser import Browser


@pytest.fixture
def browser() -> Browser:
    return Browser()


def text(response: Response) -> str:
    return response.get_data().decode()


def test_the_gallery_lists_the_documents_of_a_prefix(browser: Browser) -> None:
    """Given documents, exports and pictures in the results bucket, when a prefix is listed,
    then its documents are shown, and nothing else.
    """
    for name in ("menus/a.png", "menus/b.png", "signs/c.png"):
        browser.buckets.put_document(outcome(name, [paragraph("hola")]), picture())
    browser.buckets.put("results", "menus/a.png.pdf", b"an export")
    found = browser.get("/?prefix=menus/")
    assert found.status_code == 200
    assert re.findall(r"<h3><a href=\"[^\"]+\"><bdi>(.*?)</bdi>", text(found)) == [
        "menus/a.png",
        "menus/b.png",
    ]
    assert 'name="prefix" value="menus/"' in text(found)


def test_a_large_bucket_is_listed_piece_by_piece(browser: Browser) -> None:
    """Given 100 documents, when the pieces are followed, then each is shown once, and a piece
    lists no more than it shows.
    """
    for number in range(100):
        browser.buckets.put_document(outcome(f"{number:03}.png", [paragraph("x")]))
    seen: list[str] = []
    address = "/"
    for _ in range(3):
        browser.buckets.listed = 0
        found = text(browser.get(address))
        seen += re.findall(r"<h3><a href=\"[^\"]+\"><bdi>(.*?)</bdi>", found)
        assert browser.buckets.listed <= DOCUMENTS_IN_A_PIECE + 1
        more = re.search(r'href="\.(\?[^"]+)" rel="next"', found)
        address = f"/{more[1].replace('&amp;', '&')}" if more else ""
    assert address == ""
    assert seen == [f"{number:03}.png" for number in range(100)]


def test_a_bucket_of_other_objects_is_not_listed_to_its_end(browser: Browser) -> None:
    """Given 5,000 objects that are no documents, when listed, then a piece stops at 2,000 and
    leads on.
    """
    for number in range(5000):
        browser.buckets.put("results", f"{number:05}.txt", b"")
    found = text(browser.get("/"))
    assert browser.buckets.listed == 2000
    assert "after=01999.txt" in found
    assert "There are no documents here." in found


def test_the_search_has_the_texts_of_the_same_piece(browser: Browser) -> None:
    """Given a piece, when its texts are fetched, then they have the identifiers of its cards."""
    browser.buckets.put_document(outcome("a.png", [paragraph("hola", translations={"en": "hi"})]))
    cards = re.findall(r'data-id="(\w+)"', text(browser.get("/?prefix=a")))
    script = text(browser.get("/search.js?prefix=a"))
    texts = json.loads(script.removeprefix("receiveTexts(").removesuffix(");\n"))
    assert list(texts) == cards
    assert texts[cards[0]] == "a.png\nhola\nhi"


@pytest.mark.parametrize(
    "name",
    ["../../up.png", '"a".png', "a#b.png", "a%00b.png", "a?b&c=d.png", "ü/日本.png", "a+b .png"],
)
def test_any_name_leads_to_its_document_and_its_picture(browser: Browser, name: str) -> None:
    """Given a name with characters of addresses, when its links are followed, then they lead
    to its document and its picture.
    """
    browser.buckets.put_document(outcome(name, [paragraph("hola")]), picture())
    found = text(browser.get("/"))
    (page,) = re.findall(r'<h3><a href="([^"]+)"', found)
    (thumbnail,) = re.findall(r'<img src="([^"]+)"', found)
    shown = browser.get("/" + page.replace("&amp;", "&"))
    assert shown.status_code == 200
    assert "hola" in text(shown)
    (source,) = re.findall(r'<img class="original" src="([^"]+)"', text(shown))
    for address in (thumbnail, source):
        answer = browser.get("/" + address.replace("&amp;", "&"))
        assert answer.status_code == 200
        assert answer.content_type == "image/jpeg"
        assert answer.get_data().startswith(b"\xff\xd8")


def test_a_picture_gone_or_overwritten_is_said_and_the_document_shown(browser: Browser) -> None:
    """Given one picture that was deleted and one that was overwritten, when their pages open,
    then each says so and has its text; the earlier generation is not served.
    """
    gone = browser.buckets.put_document(outcome("gone.png", [paragraph("uno")]), picture())
    browser.buckets.delete("uploads", "gone.png")
    over = browser.buckets.put_document(outcome("over.png", [paragraph("dos")]), picture())
    before = browser.buckets.stat("uploads", "over.png")
    browser.buckets.put("uploads", "over.png", picture((20, 20)))
    found = text(browser.get(f"/image?name={gone}"))
    assert "does not exist any more" in found
    assert "uno" in found
    found = text(browser.get(f"/image?name={over}"))
    assert "was overwritten since" in found
    assert "dos" in found
    assert before is not None
    generation = before.ref.generation
    assert browser.get(f"/picture?name=over.png&generation={generation}&page=0").status_code == 404


def test_a_picture_of_another_bucket_is_not_read(browser: Browser) -> None:
    """Given a document that names another bucket, when its page opens, then no picture is
    looked for there.
    """
    name = browser.buckets.put_document(outcome("a.png", [paragraph("x")], bucket="private"))
    browser.buckets.put("private", "a.png", picture())
    found = text(browser.get(f"/image?name={name}"))
    assert "in the bucket private, which this page does not read" in found
    assert "<img" not in found


def test_a_translated_picture_of_the_results_bucket_is_served(browser: Browser) -> None:
    """Given a document that names a translated picture, when its page opens, then the picture
    is served; one of another bucket is not linked.
    """
    made = to_document(outcome("a.png", [paragraph("hola", translations={"en": "hi"})]))
    made["renderings"] = [
        {"language": "en", "uri": "gs://results/a.png.en.png"},
        {"language": "de", "uri": "gs://private/a.png.de.png"},
    ]
    browser.buckets.put("results", "a.png.json", json.dumps(made))
    browser.buckets.put("results", "a.png.en.png", picture())
    found = text(browser.get("/image?name=a.png.json"))
    (address,) = re.findall(r'class="rendering" data-language="en" src="([^"]+)"', found)
    assert "private" not in found
    assert browser.get(f"/{address}").content_type == "image/jpeg"


def test_documents_that_cannot_be_read_are_named(browser: Browser) -> None:
    """Given a document of a later version, a truncated one and a failed one, when listed, then
    the first two are named with the reason, and each page says it.
    """
    browser.buckets.put("results", "later.json", '{"schema_version": 2}')
    browser.buckets.put("results", "cut.json", '{"schema_version": 1, "sour')
    browser.buckets.put_document(failed("bad.png"))
    found = text(browser.get("/"))
    for part in ("later.json", "schema version 2", "cut.json", "is not JSON", "corrupt_image"):
        assert part in found
    answer = browser.get("/image?name=later.json")
    assert answer.status_code == 422
    assert "gs://results/later.json has schema version 2" in text(answer)
    assert "cannot be decoded" in text(browser.get("/image?name=bad.png.json"))


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (StoreForbiddenError("gs://results: denied"), 403, "roles/storage.objectViewer"),
        (StoreUnavailableError("gs://results: timeout"), 503, "does not answer"),
        (ZeroDivisionError("secret text"), 500, "The log of the service"),
    ],
)
@pytest.mark.parametrize(
    "address", ["/", "/search.js", "/image?name=a", "/picture?name=a&generation=1&page=0"]
)
def test_a_bucket_that_may_not_be_read_is_one_clear_page(
    browser: Browser, address: str, error: Exception, status: int, words: str
) -> None:
    """Given a bucket that may not be read, one without an answer, or a bug, when anything is
    asked, then one page says so with the status, and no text of a bug is in it.
    """
    browser.buckets.error = error
    answer = browser.get(address)
    assert answer.status_code == status
    assert words in text(answer)
    assert "secret" not in text(answer) + browser.log.getvalue()
    assert ("ZeroDivisionError" in browser.log.getvalue()) == (status == 500)
    assert ("Retry-After" in answer.headers) == (status == 503)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_reading_is_possible(browser: Browser, method: str) -> None:
    """Given a method that may write, when asked, then it is refused."""
    answer = browser.get("/", method)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "address",
    ["/nothing", "/image", "/image?name=absent", "/picture?name=a", "/../etc/passwd",
     "/picture?name=a.png&generation=x&page=0", "/picture?name=a.png&generation=7&page=-1",
     "/picture?name=a.png&generation=%D9%A1&page=0", "/rendering?name=absent"],
)  # fmt: skip
def test_an_address_that_leads_nowhere_is_404(browser: Browser, address: str) -> None:
    """Given an address without an object, when asked, then a page says so."""
    assert browser.get(address).status_code == 404


def test_bytes_that_are_no_picture_are_not_served(browser: Browser) -> None:
    """Given an upload of HTML, when its picture is asked for, then the bytes do not come out."""
    ref = browser.buckets.put("uploads", "a.png", b"<html><script>alert(1)</script>")
    answer = browser.get(f"/picture?name=a.png&generation={ref.generation}&page=0")
    assert answer.status_code == 422
    assert "<script>alert" not in text(answer)


def test_a_picture_that_needs_too_much_memory_is_refused(browser: Browser) -> None:
    """Given a service with little memory and a large picture, when it is asked for, then the
    answer is 413 with the memory it needs, and the small one beside it is served.
    """
    small_service = Browser(spare=40 << 20)
    large, small = picture((5000, 4000)), picture()
    for content, status in ((large, 413), (small, 200)):
        ref = small_service.buckets.put("uploads", "a.png", content)
        answer = small_service.get(f"/picture?name=a.png&generation={ref.generation}&page=0")
        assert answer.status_code == status, text(answer)
    assert browser.get("/health").status_code == 200


def test_each_request_is_one_line_without_names(browser: Browser) -> None:
    """Given a page and a health check, then the page alone is logged: path, status and time."""
    browser.buckets.put_document(outcome("secret.png", [paragraph("hola")]))
    browser.get("/image?name=secret.png.json")
    browser.get("/health")
    (line,) = browser.log.getvalue().splitlines()
    logged = json.loads(line)
    assert logged["event"] == "review"
    assert (logged["path"], logged["status"]) == ("/image", 200)
    assert "secret" not in line
    assert "hola" not in line


def test_a_thumbnail_is_small(browser: Browser) -> None:
    """Given a large picture, when its thumbnail is asked for, then it is a few hundred pixels."""
    ref = browser.buckets.put("uploads", "a.jpg", picture((3000, 2000), format_name="JPEG"))
    answer = browser.get(f"/picture?name=a.jpg&generation={ref.generation}&page=0&size=thumbnail")
    with Image.open(BytesIO(answer.get_data())) as shown:
        assert shown.size == (450, 300)
