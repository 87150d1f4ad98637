"""Documents and a truth -> error rates, F1, detection and reading order; a page of differences."""
