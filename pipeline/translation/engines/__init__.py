"""Texts of one language in, translations into another out: the implementations of `Translator`.

Other folders use `base.Translator`; only `translation.factory` chooses among the engines.
"""
