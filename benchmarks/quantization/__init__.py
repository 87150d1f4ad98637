"""The int8 recogniser: its calibration lines, its making, and its errors on other lines."""
