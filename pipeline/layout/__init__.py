"""The lines of a page in, paragraphs in reading order out.

Other folders use `paragraphs.paragraphs`.
"""
