"""Renders the pages' HTML to pictures and writes the truth marked in them.

Run `python -m benchmarks.layout_pages.render [NAME ...]` in an environment that has
`playwright` and `pyphen` from PyPI, and Chromium and the fonts of the Debian packages that
README.md lists. Recognised lines of an older rendering are dropped.
"""

import io
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyphen
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.support.layout_pages.files import FOLDER, to_json

_COLOURS = 24
_LONG_WORD = re.compile(r"[^\W\d_]{6,}")
_PYPHEN_NAMES = {"en": "en_GB", "de": "de_DE", "pt": "pt_PT", "nl": "nl_NL", "pl": "pl_PL"}

_TEXTS = """() => [...document.querySelectorAll('.hyphenate')].map(each => each.textContent)"""
_HYPHENATE = """words => {
  for (const root of document.querySelectorAll('.hyphenate')) {
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const node = walk.currentNode;
      node.data = node.data.replace(/[\\p{L}]{6,}/gu, word => words[word] || word);
    }
  }
}"""
_TRUTH = """() => {
  const units = [], stray = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode, unit = node.parentElement.closest('[data-order]');
    const aside = node.parentElement.closest('style, [data-decoration]');
    if (node.data.trim() && !unit && !aside) stray.push(node.data.trim());
  }
  for (const element of document.querySelectorAll('[data-order]')) {
    const rects = [], texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const range = document.createRange();
      range.selectNodeContents(texts.currentNode);
      for (const r of range.getClientRects()) {
        if (r.width > 1) rects.push([r.left, r.top, r.right, r.bottom].map(Math.round));
      }
    }
    const order = Number(element.dataset.order);
    units.push({order, text: element.innerText.replaceAll('\\u00ad', ''), rects,
                nested: !!element.parentElement.closest('[data-order]')});
  }
  return {units, stray};
}"""


def main(names: Sequence[str]) -> None:
    """Renders the named pages, or all."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--disable-lcd-text", "--no-sandbox"]
        )
        for source in sorted(FOLDER.glob("*/*.html")):
            if not names or source.stem in names:
                page = chromium.new_page()
                render(page, source)
                page.close()
        chromium.close()


def render(page: Page, source: Path) -> None:
    """Writes the picture and the truth of one page beside its source."""
    page.goto(source.resolve().as_uri())
    width, height = map(int, page.evaluate("document.documentElement.dataset.size").split("x"))
    page.set_viewport_size({"width": width, "height": height})
    language = page.evaluate("document.documentElement.lang")
    page.evaluate(_HYPHENATE, _hyphenated(page.evaluate(_TEXTS), language))
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture = picture.quantize(_COLOURS, dither=Image.Dither.NONE).convert("RGB")
    picture.save(source.with_suffix(".webp"), lossless=True, quality=75, method=4)
    units = _units(page.evaluate(_TRUTH), source, (width, height))
    truth = {"language": language, "width": width, "height": height, "units": units}
    source.with_suffix(".json").write_text(to_json(truth), "utf-8")
    size = source.with_suffix(".webp").stat().st_size / 1000
    print(f"{source.parent.name}/{source.stem}: {len(units)} units, {size:.0f} kB")


def _hyphenated(texts: Sequence[str], language: str) -> Mapping[str, str]:
    """Each long word with soft hyphens where it may be divided."""
    words = {word for text in texts for word in _LONG_WORD.findall(text)}
    if not words:
        return {}
    divide = pyphen.Pyphen(lang=_PYPHEN_NAMES.get(language, language), left=3, right=3)
    return {word: divide.inserted(word, "\u00ad") for word in words}


def _units(found: Mapping[str, Any], source: Path, size: tuple[int, int]) -> list[dict[str, Any]]:
    """The units by order; elements with one number are one unit.

    Raises:
        SystemExit: the marks are not one to n, or text is outside them or outside the page.
    """
    merged: dict[int, dict[str, Any]] = {}
    for element in found["units"]:
        unit = merged.setdefault(
            element["order"], {"order": element["order"], "text": "", "rects": []}
        )
        unit["text"] = " ".join(f"{unit['text']} {element['text']}".split())
        unit["rects"] += element["rects"]
    outside = [
        unit["text"]
        for unit in merged.values()
        for left, top, right, bottom in unit["rects"]
        if left < 0 or top < 0 or right > size[0] or bottom > size[1]
    ]
    nested = [element["text"] for element in found["units"] if element["nested"]]
    empty = [unit["order"] for unit in merged.values() if not unit["rects"]]
    gaps = sorted(set(range(1, len(merged) + 1)) ^ set(merged))
    for problem, where in (
        ("text without data-order", found["stray"]),
        ("text outside the page", outside),
        ("units inside units", nested),
        ("units without text", empty),
        ("missing or extra numbers", gaps),
    ):
        if where:
            sys.exit(f"{source}: {problem}: {where}. Correct the HTML.")
    return [merged[order] for order in sorted(merged)]


if __name__ == "__main__":
    main(sys.argv[1:])
