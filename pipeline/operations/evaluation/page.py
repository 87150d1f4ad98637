"""An HTML page of an evaluation: the measures, and every difference in colour."""

from collections.abc import Iterator, Mapping
from typing import IO

from jinja2 import Environment
from rapidfuzz.distance import Levenshtein

from pipeline.operations.evaluation.evaluate import EvaluatedImage
from pipeline.operations.evaluation.scores import MEASURES, Score, comparable

_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Evaluation</title><style>
body { font: 15px/1.5 sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em }
table { border-collapse: collapse } th, td { padding: .2em .8em; text-align: right }
th:first-child, td:first-child { text-align: left } tr { border-bottom: 1px solid #ddd }
.texts { display: flex; gap: 2em } .texts p { flex: 1; white-space: pre-wrap }
del { background: #fdd; color: #900 } ins { background: #dfd; color: #060; text-decoration: none }
</style></head><body><h1>Evaluation</h1>
<p><del>missing</del> is true and was not read; <ins>extra</ins> was read and is not true.</p>
<table><tr><th>language</th><th>system</th><th>images</th>
{% for name in measures %}<th>{{ name }}</th>{% endfor %}</tr>
{% for language, scores in rows.items() %}{% for score in scores %}
<tr><td>{{ language }}</td><td><bdi>{{ systems[loop.index0] }}</bdi></td><td>{{ score.images }}</td>
{% for value in score.measures().values() %}<td>{{ shown(value) }}</td>{% endfor %}</tr>
{% endfor %}{% endfor %}</table>
"""
_IMAGE = """<h2><bdi>{{ image.name }}</bdi> ({{ image.language }})</h2><div class="texts">
{% for score, parts in systems %}<p dir="auto">{% for kind, text in parts -%}
{% if kind == "equal" %}{{ text }}{% elif kind == "delete" %}<del>{{ text }}</del>
{%- else %}<ins>{{ text }}</ins>{% endif %}{%- endfor %}
<br><small>cer {{ shown(score.cer) }}, word_f1 {{ shown(score.word_f1) }}</small></p>
{% endfor %}</div>
"""
_FOOT = "</body></html>\n"


class DifferencesPage:
    """Keeps images in a file, so that memory does not grow with their number."""

    def __init__(self, images: IO[str]) -> None:
        """`images` is an empty temporary file."""
        self._images = images
        environment = Environment(autoescape=True)
        self._head = environment.from_string(_HEAD)
        self._image = environment.from_string(_IMAGE)

    def add(self, image: EvaluatedImage) -> None:
        """Writes an image's differences."""
        systems = [
            (score, list(differences(image.truth.text, comparable(image.truth, reading).text)))
            for score, reading in zip(image.scores, image.readings, strict=True)
        ]
        self._images.write(self._image.render(image=image, systems=systems, shown=shown))

    def save(
        self, file: IO[bytes], rows: Mapping[str, tuple[Score, ...]], systems: tuple[str, ...]
    ) -> None:
        """Writes the page: the measures by language, then the images as they were added."""
        head = self._head.render(rows=rows, systems=systems, measures=MEASURES, shown=shown)
        file.write(head.encode("utf-8", "replace"))
        self._images.seek(0)
        file.writelines(line.encode("utf-8", "replace") for line in self._images)
        file.write(_FOOT.encode())


def differences(true: str, read: str) -> Iterator[tuple[str, str]]:
    """The text in parts: ("equal", ...), ("delete", true only), ("insert", read only)."""
    for each in Levenshtein.opcodes(true, read):
        missing = true[each.src_start : each.src_end]
        extra = read[each.dest_start : each.dest_end]
        if each.tag == "equal":
            yield "equal", missing
            continue
        if missing:
            yield "delete", missing
        if extra:
            yield "insert", extra


def shown(value: float | None) -> str:
    """A measure with four digits, a dash where there is none."""
    return "-" if value is None else f"{value:.4f}"
