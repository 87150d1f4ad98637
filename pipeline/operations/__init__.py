"""Whole buckets -> documents of old uploads, a stream of documents, scores against a truth."""
