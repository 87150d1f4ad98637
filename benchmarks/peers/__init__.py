"""Receipts read by this project and by its peers, in one run and in turn."""
