"""The commands of `image-translation`: arguments in, a table or one line of error out.

Used from outside: commands.main, image_files.pictures_in, outcome_table.outcome_table.
"""
