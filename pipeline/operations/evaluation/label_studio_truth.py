"""A corrected Label Studio export (format JSON) as truth."""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from pipeline.errors import UsageError
from pipeline.operations.evaluation.metrics import Outline
from pipeline.operations.evaluation.scores import Reading, TextLine


class LabelStudioExport:
    """The tasks of one export, by the name of their image."""

    def __init__(self, tasks: Mapping[str, list[TextLine]]) -> None:
        self._tasks = tasks
        self._used: set[str] = set()

    @classmethod
    def load(cls, file: Path) -> "LabelStudioExport":
        """Reads an export.

        Raises:
            UsageError: it is none, or of another form.
        """
        tasks: dict[str, list[TextLine]] = {}
        try:
            for task in json.loads(file.read_bytes()):
                lines = _annotated_lines(task)
                if lines is not None:
                    tasks.setdefault(_image_name(task["data"]), []).extend(lines)
        except OSError as error:
            raise UsageError(f"cannot read {file}: {error.strerror}") from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UsageError(
                f"{file} is not a Label Studio export in the format JSON (not JSON-MIN):"
                f" {type(error).__name__}: {error}"
            ) from error
        if not tasks:
            raise UsageError(f"{file} has no annotation: submit the corrected tasks, then export")
        return cls(tasks)

    def find(self, name: str) -> Reading | None:
        """See `Truths.find`."""
        for key in (name, PurePosixPath(name).name):
            if key in self._tasks:
                self._used.add(key)
                # The tasks of a file's pages may come in any order.
                return Reading(tuple(sorted(self._tasks[key], key=lambda line: line.page)))
        return None

    def unused(self) -> list[str]:
        """See `Truths.unused`."""
        return sorted(self._tasks.keys() - self._used)


def _image_name(fields: Mapping[str, Any]) -> str:
    """The object's name that our own export wrote, else the last part of the address."""
    if "name" in fields:
        return str(fields["name"])
    address = str(next(fields[key] for key in ("image", "ocr") if key in fields))
    parts = urlsplit(address)
    local = parse_qs(parts.query).get("d")
    return PurePosixPath(local[0] if local else unquote(parts.path)).name


def _annotated_lines(task: Mapping[str, Any]) -> tuple[TextLine, ...] | None:
    """The lines of the last annotation, in the order of its regions; None without one."""
    annotations = [each for each in task["annotations"] if not each.get("was_cancelled")]
    if not annotations:
        return None
    outlines: dict[str, Outline] = {}
    texts: dict[str, str] = {}
    for result in annotations[-1]["result"]:
        identifier, value = str(result.get("id")), result.get("value", {})
        if "points" in value or "width" in value:
            size = float(result["original_width"]), float(result["original_height"])
            outlines[identifier] = _outline(value, *size)
        if "text" in value:
            text = value["text"]
            texts[identifier] = text if isinstance(text, str) else " ".join(_strings(text))
    page = int(task["data"].get("page", 1)) - 1
    return tuple(
        TextLine(texts.get(each, ""), outline, page=page) for each, outline in outlines.items()
    )


def _strings(texts: Iterable[Any]) -> list[str]:
    return [str(text) for text in texts]


def _outline(value: Mapping[str, Any], width: float, height: float) -> Outline:
    """Percent of the image -> pixels; a rectangle turns clockwise round its top left."""
    if "points" in value:
        return tuple((x * width / 100, y * height / 100) for x, y in value["points"])
    left, top = value["x"] * width / 100, value["y"] * height / 100
    across, down = value["width"] * width / 100, value["height"] * height / 100
    angle = math.radians(value.get("rotation", 0))
    cos, sin = math.cos(angle), math.sin(angle)
    corners = (0.0, 0.0), (across, 0.0), (across, down), (0.0, down)
    return tuple((left + x * cos - y * sin, top + x * sin + y * cos) for x, y in corners)
