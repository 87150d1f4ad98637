"""An outcome in, the one JSON document of its upload in the results bucket out.

Used from outside: document.document_name, document.render, document.schema,
results_bucket.ResultsBucket, results_bucket.disposition_if_settled,
results_bucket.Pending, results_bucket.pending_reason.
"""
