output "ack_deadline_seconds" {
  description = "Seconds that Pub/Sub waits for an answer."
  value       = local.request_timeout_seconds
}

output "attempts" {
  description = "How long an image is delivered before it counts as failed, in words."
  value       = format("%d deliveries take %.1f hours. An outage that lasts longer ends as failed documents; the command of the output `redeliver`, with --failed, announces their images again.", var.max_delivery_attempts, local.backoff_hours)
}

output "backfill_environment" {
  description = "Environment of the backfill: the subscriber's."
  value       = merge(var.settings, local.environment, { MEMORY_LIMIT_MB = tostring(var.memory_mb) })
}

output "backoff_seconds" {
  description = "Shortest and longest wait before Pub/Sub delivers again."
  value       = local.backoff_seconds
}

output "capacity" {
  description = "The sum behind max_instances, in words."
  value = format(
    "%d instances x %d vCPU x %.1f / %.2f CPU-seconds an image = %.1f images a second, and %.1f are the peak; %d are recognised at the same time.",
    local.max_instances, var.cpu, local.utilization, var.peak_load.cpu_seconds_per_image,
    local.images_per_second, var.peak_load.images_per_second, local.max_instances * var.max_concurrent_ocr,
  )
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

output "max_instances" {
  description = "Maximum number of subscriber instances."
  value       = local.max_instances
}

output "min_instances" {
  description = "Number of subscriber instances that are kept."
  value       = local.min_instances
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

output "results_topic" {
  description = "Name of the topic of announcements."
  value       = local.results_topic
}

output "review_environment" {
  description = "Environment of the review page. It recognises nothing; a browser asks for many small pictures at once."
  value = merge(var.settings, local.environment, {
    FUNCTION_TARGET         = "review"
    MAX_CONCURRENT_OCR      = "1"
    MAX_CONCURRENT_REQUESTS = "16"
    MAX_WORKER_THREADS      = "1"
    MEMORY_LIMIT_MB         = tostring(local.review_memory_mb)
  })
}

output "review_memory_mb" {
  description = "Memory of the review page in MiB."
  value       = local.review_memory_mb
}

output "subscriber_environment" {
  description = "Environment of the subscriber."
  value = merge(
    var.settings,
    local.environment,
    { MEMORY_LIMIT_MB = tostring(var.memory_mb) },
    var.delivery == "push" ? { FUNCTION_TARGET = "push" } : {},
  )
}

output "uploads_bucket" {
  description = "Name of the bucket for the images."
  value       = local.uploads_bucket

  precondition {
    condition     = can(regex(local.bucket_name, local.uploads_bucket)) && !startswith(local.uploads_bucket, "goog")
    error_message = "The uploads bucket would be called ${local.uploads_bucket}: a name has 3 to 63 lower-case letters, digits, - and _. Set uploads_bucket."
  }
}
