"""Takes the README's screenshots: a report of the samples in Chromium, in both themes."""

import shutil
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from pipeline.cli import run
from pipeline.cli.image_files import find_image_files
from pipeline.cli.report import report_beside
from pipeline.config import load_settings

DOCS = Path(__file__).parent
SIZE = {"width": 1200, "height": 760}


def main() -> None:
    """Writes docs/report-gallery.webp and docs/report-image.webp."""
    files = find_image_files([DOCS.parent / "samples"])
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        documents = Path(name, "results")
        settings = load_settings(
            uploads_bucket="files", results_bucket="documents", glossary="samples/glossary.csv"
        )
        list(run.translate_files(settings, files, documents))
        index = report_beside(documents, {name: file for file, name in files})
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.goto(index.as_uri())
        # The place and the time of the report differ from run to run.
        page.locator(".place").evaluate("(place) => { place.textContent = 'build/results'; }")
        save(page, "report-gallery")
        page.emulate_media(color_scheme="dark")
        page.get_by_role("link", name="beach-es.jpg").click()
        page.wait_for_selector("body.image")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        save(page, "report-image")
        browser.close()


def save(page: Any, name: str) -> None:
    """Writes a screenshot when all pictures are shown."""
    visible = "[...document.images].filter((image) => image.getBoundingClientRect().top < 800)"
    page.evaluate(f"Promise.all({visible}.map((image) => image.decode()))")
    with Image.open(BytesIO(page.screenshot())) as picture:
        picture.save(DOCS / f"{name}.webp", quality=80, method=6)


if __name__ == "__main__":
    main()
