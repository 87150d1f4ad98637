"""Command-line arguments in; documents, a table of them and an exit status out.

Used from outside: commands.main, image_files.find_image_files, outcome_table.outcome_table.
"""
