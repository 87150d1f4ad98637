"""One line picture read by a CTC recogniser, in pieces where it is long; pure but for the model."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.models import Pixels
from pipeline.ocr.ctc import decode
from pipeline.ocr.line_pictures import LONGEST, PIECE, recognizer_input
from pipeline.ocr.long_lines import joined, pieces
from pipeline.ocr.readings import Reading

ReadLine = Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Scores (steps x classes) and features (steps x channels) of a `recognizer_input`."""


def read_line(
    read: ReadLine, line: Pixels, classes: Sequence[str]
) -> tuple[Reading, NDArray[np.float32]]:
    """The reading of a `line_picture`, and its features without those of the padding."""
    texts, confidences, features = [], [], []
    for piece in pieces(line, longest=LONGEST, piece=PIECE):
        picture = recognizer_input(piece)
        scores, piece_features = read(picture)
        text, confidence = decode(scores, classes)
        texts.append(text)
        confidences.append(confidence)
        # The steps beyond the line see only padding. A copy: the next call changes the array.
        share = min(1.0, piece.shape[1] / picture.shape[2])
        features.append(piece_features[: max(1, round(share * len(piece_features)))].copy())
    confidence = sum(confidences) / len(confidences)
    return Reading(joined(texts), confidence), np.concatenate(features)
