# The commands depend on the notification, because earlier uploads are not announced.

locals {
  prefix = var.upload_prefix == null ? "" : var.upload_prefix
}

output "capacity" {
  description = "How many images a second the subscriber takes, and how the number comes about."
  value       = module.rules.capacity
}

output "attempts" {
  description = "How long an image is delivered before it counts as failed."
  value       = module.rules.attempts
}

output "uploads" {
  description = "Bucket for the images."
  value       = "gs://${google_storage_bucket.uploads.name}"
  depends_on  = [google_storage_notification.uploads]
}

output "results" {
  description = "Bucket with the documents."
  value       = "gs://${google_storage_bucket.results.name}"
}

output "upload" {
  description = "The command that uploads an image."
  value       = "gcloud storage cp menu.jpg gs://${google_storage_bucket.uploads.name}/${local.prefix}"
  depends_on  = [google_storage_notification.uploads]
}

output "read" {
  description = "The command that reads its document."
  value       = "gcloud storage cat gs://${google_storage_bucket.results.name}/${local.prefix}menu.jpg.json"
}

output "image_repository" {
  description = "Repository for the program's container images."
  value       = "${var.region}-docker.pkg.dev/${replace(var.project_id, ":", "/")}/${google_artifact_registry_repository.images.repository_id}/${var.name}"
}

output "inspect_failures" {
  description = "The command that shows dead-lettered messages without removing them."
  value       = "gcloud pubsub subscriptions pull ${google_pubsub_subscription.dead_letters_inspect.name} --project ${var.project_id} --limit 20"
}

output "redeliver" {
  description = "The command that announces uploads without a document again."
  value       = ".venv/bin/image-translation ${join(" ", local.redeliver_arguments)}"
}

output "redeliver_job" {
  description = "The command that does the same in the cloud, for large buckets."
  value       = "gcloud run jobs execute ${google_cloud_run_v2_job.redeliver.name} --region ${var.region} --project ${var.project_id}"
}

output "backfill" {
  description = "The command that processes old uploads without messages. See `backfill_estimate` first."
  value       = "gcloud run jobs execute ${google_cloud_run_v2_job.backfill.name} --region ${var.region} --project ${var.project_id}"
}

output "backfill_estimate" {
  description = "The command that estimates the work and the cost of `backfill` from a sample; the log has the result."
  value       = "gcloud run jobs execute ${google_cloud_run_v2_job.backfill.name} --region ${var.region} --project ${var.project_id} --tasks 1 --args backfill,--dry-run,--cpu,${var.cpu},--memory-mb,${var.memory_mb} --wait"
}

output "results_topic" {
  description = "The topic with one message for each outcome, or null without notify."
  value       = one(google_pubsub_topic.outcomes[*].id)
}

output "status" {
  description = "The command that says what became of uploads; --help shows its options."
  value       = ".venv/bin/image-translation status --uploads ${google_storage_bucket.uploads.name} --results ${google_storage_bucket.results.name}"
}

output "review" {
  description = "The address of the review page, or the command that opens it on http://127.0.0.1:8080 without IAP."
  value = (
    var.review == null ? "off: set review" :
    local.review_iap ? one(google_cloud_run_v2_service.review[*].uri) :
    "gcloud run services proxy ${one(google_cloud_run_v2_service.review[*].name)} --project ${var.project_id} --region ${var.region} --port 8080"
  )
}

output "logs" {
  description = "The command that shows the last deliveries."
  value       = "gcloud logging read 'resource.labels.${local.runs.label}=\"${var.name}\" jsonPayload.event=\"delivery\"' --project ${var.project_id} --limit 20"
}

output "dashboard" {
  description = "The dashboard."
  value       = "https://console.cloud.google.com/monitoring/dashboards/builder/${basename(google_monitoring_dashboard.overview.id)}?project=${var.project_id}"
}
