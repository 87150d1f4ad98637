"""An outcome in, the one JSON document of its upload in the results bucket out.

Used from outside: document (document_name, render, schema, SCHEMA_VERSION, KEPT_BYTES),
document_reader (Document, parse_document, in_language, line_translations),
results_bucket (ResultsBucket, disposition_if_settled, source_generation, Pending, pending_reason,
and the keys of the documents' metadata), announcer (Announcer, Topic), results_topic.ResultsTopic,
exports and renderings (the Protocols of the files beside a document).
"""
