"""Measurements, run by hand: `make bench`, `make bench-memory` and their like."""
