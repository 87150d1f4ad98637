"""Line pictures read by a CTC recogniser, in pieces where they are long; pure but for the model."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.models import Pixels
from pipeline.ocr.ctc import decode
from pipeline.ocr.line_pictures import (
    LONGEST,
    PIECE,
    TOGETHER,
    recognizer_input,
    recognizer_width,
)
from pipeline.ocr.long_lines import joined, pieces
from pipeline.ocr.readings import Reading

ReadPictures = Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Scores (n x steps x classes) and features (n x steps x channels) of n `recognizer_input`s."""

Read = tuple[Reading, NDArray[np.float32]]
"""A line's reading, and its features (steps x channels) without those of the padding."""


def read_line(read: ReadPictures, line: Pixels, classes: Sequence[str]) -> Read:
    """Reads one `line_picture`."""
    texts, confidences, features = [], [], []
    for piece in pieces(line, longest=LONGEST, piece=PIECE):
        ((reading, piece_features),) = _read(read, [piece], classes)
        texts.append(reading.text)
        confidences.append(reading.confidence)
        features.append(piece_features)
    confidence = sum(confidences) / len(confidences)
    return Reading(joined(texts), confidence), np.concatenate(features)


def read_lines(read: ReadPictures, lines: Sequence[Pixels], classes: Sequence[str]) -> list[Read]:
    """Reads the `line_picture`s of one group of `read_together`.

    That group was made by estimate: pictures of unlike widths are read one by one.
    """
    widths = {recognizer_width(line.shape[1]) for line in lines}
    if len(lines) == TOGETHER and len(widths) == 1:
        return list(_read(read, lines, classes))
    return [read_line(read, line, classes) for line in lines]


def _read(read: ReadPictures, parts: Sequence[Pixels], classes: Sequence[str]) -> Iterator[Read]:
    pictures = np.concatenate([recognizer_input(part) for part in parts])
    all_scores, all_features = read(pictures)
    for part, scores, features in zip(parts, all_scores, all_features, strict=True):
        # The steps beyond the line see only padding. A copy: the next call changes the array.
        share = min(1.0, part.shape[1] / pictures.shape[2])
        kept = features[: max(1, round(share * len(features)))].copy()
        yield Reading(*decode(scores, classes)), kept
