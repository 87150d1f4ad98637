"""Renders the layout pages and recognises their lines."""
