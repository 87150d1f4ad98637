"""Text recognition: one Protocol, the PaddleOCR engines, a fake."""
