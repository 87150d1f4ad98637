"""Outcome documents -> HTML pages: a gallery, and a page for each image.

Used from outside: writer.write_report (a folder of files), pages (for `functions.review`).
"""
