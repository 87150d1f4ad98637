"""Texts in, their languages out; and the facts about language tags, scripts and forms of text.

Other folders use `identification.LanguageIdentifier` and every public name of `tags`, `scripts`
and `text_forms`.
"""
