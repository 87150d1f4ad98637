"""The bytes of an upload in, pages of upright BGR pixels out.

Other folders use `page_file.open_file`, `page_file.PageFile`, `pdf.held_bytes` and
`library_messages.silence_decoders`.
"""
