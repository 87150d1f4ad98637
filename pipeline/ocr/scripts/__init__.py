"""Line readers for scripts that the main recogniser does not read.

A line picture and its features in, the text of the line out, or the script that no reader is
installed for. `ocr/pp_ocr.py` uses `line_choice.ScriptLines`, `ocr/factory.py` the packs.
"""
