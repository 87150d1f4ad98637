# The commands wait for the notification: what is uploaded before it is never announced.

locals {
  prefix = var.upload_prefix == null ? "" : var.upload_prefix
}

output "uploads" {
  description = "Where images are dropped."
  value       = "gs://${google_storage_bucket.uploads.name}"
  depends_on  = [google_storage_notification.uploads]
}

output "results" {
  description = "Where the documents are."
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
  description = "Where images of the program are pushed."
  value       = "${var.region}-docker.pkg.dev/${replace(var.project_id, ":", "/")}/${google_artifact_registry_repository.images.repository_id}/${var.name}"
}

output "inspect_failures" {
  description = "The command that looks at what was given up, without removing it."
  value       = "gcloud pubsub subscriptions pull ${google_pubsub_subscription.dead_letters_inspect.name} --project ${var.project_id} --limit 20"
}

output "redeliver" {
  description = "The command that announces uploads without a document again."
  value       = ".venv/bin/image-translation redeliver --uploads ${google_storage_bucket.uploads.name} --results ${google_storage_bucket.results.name} --topic ${google_pubsub_topic.uploads.id}"
}

output "logs" {
  description = "The command that shows the last deliveries."
  value       = "gcloud logging read 'resource.labels.service_name=\"${google_cloud_run_v2_service.subscriber.name}\" jsonPayload.event=\"delivery\"' --project ${var.project_id} --limit 20"
}

output "dashboard" {
  description = "The dashboard."
  value       = "https://console.cloud.google.com/monitoring/dashboards/builder/${basename(google_monitoring_dashboard.overview.id)}?project=${var.project_id}"
}
