output "ack_deadline_seconds" {
  description = "Seconds that Pub/Sub waits for an answer."
  value       = local.request_timeout_seconds
}

output "dead_letter_environment" {
  description = "Environment of the dead-letter service."
  value = merge(var.settings, local.environment, {
    FUNCTION_TARGET = "dead_letter"
    MEMORY_LIMIT_MB = tostring(local.dead_letter_memory_mb)
  })
}

output "dead_letter_memory_mb" {
  description = "Memory of the dead-letter service in MiB."
  value       = local.dead_letter_memory_mb
}

output "request_timeout_seconds" {
  description = "Seconds after which Cloud Run ends a request."
  value       = local.request_timeout_seconds
}

output "results_bucket" {
  description = "Name of the bucket for the documents."
  value       = local.results_bucket

  precondition {
    condition     = can(regex(local.bucket_name, local.results_bucket)) && !startswith(local.results_bucket, "goog")
    error_message = "The results bucket would be called ${local.results_bucket}: a name has 3 to 63 lower-case letters, digits, - and _. Set results_bucket."
  }

  precondition {
    condition     = local.results_bucket != local.uploads_bucket
    error_message = "Uploads and results are both ${local.results_bucket}: every document would count as a new upload. Set results_bucket to another name."
  }
}

output "subscriber_environment" {
  description = "Environment of the subscriber."
  value = merge(var.settings, local.environment, {
    FUNCTION_TARGET = "push"
    MEMORY_LIMIT_MB = tostring(var.memory_mb)
  })
}

output "uploads_bucket" {
  description = "Name of the bucket for the images."
  value       = local.uploads_bucket

  precondition {
    condition     = can(regex(local.bucket_name, local.uploads_bucket)) && !startswith(local.uploads_bucket, "goog")
    error_message = "The uploads bucket would be called ${local.uploads_bucket}: a name has 3 to 63 lower-case letters, digits, - and _. Set uploads_bucket."
  }
}
