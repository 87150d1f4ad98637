"""Paragraphs in, paragraphs with their languages and translations out.

Other folders use `step.TranslationStep`, `factory.make_translation` and
`engines.model_files.install`.
"""
