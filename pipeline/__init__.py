"""Images in a bucket become translated text in another."""

__version__ = "0.1.0"
