"""Folders and buckets of outcome documents -> a stream of documents, scores against a truth."""
