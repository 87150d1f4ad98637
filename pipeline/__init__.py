"""Turns images in one bucket into translated text, as JSON documents, in another bucket."""

__version__ = "0.1.0"
