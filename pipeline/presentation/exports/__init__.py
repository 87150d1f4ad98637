"""Outcome documents -> files of other formats; `formats` lists them, one module each."""
