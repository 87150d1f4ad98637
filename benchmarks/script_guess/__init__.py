"""Drawn lines in many scripts: to train the script guess, and to measure guess and readers."""
