"""The pixels of a page in, lines of text with polygons and confidences out.

Other folders use `base.OcrEngine`, `factory`, `validation.validate_lines`, `memory_estimate`
and `model_files`.
"""
