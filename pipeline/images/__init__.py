"""The bytes of an upload in, pages of upright BGR pixels out.

Other folders use `image_file.open_image`, `image_file.ImageFile` and
`library_messages.silence_decoders`.
"""
