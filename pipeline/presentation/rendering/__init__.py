"""A page's pixels and its translated paragraphs -> the picture with its text translated.

Used from outside: fonts.Fonts, outcome_renderings.OutcomeRenderings, page.render_page.
"""
