"""Outcome documents -> something to look at or to take elsewhere: see `exports/`, `rendering/`."""
