# Jobs of the same image. They run only when somebody, or the schedule, starts them.

# It does the subscriber's work with the subscriber's account: it processes the uploads that have
# no document, without messages. A task that is repeated goes on where documents are missing.
resource "google_cloud_run_v2_job" "backfill" {
  name                = "${var.name}-backfill"
  location            = var.region
  deletion_protection = false

  template {
    task_count  = var.backfill_tasks
    parallelism = var.backfill_tasks

    template {
      service_account       = google_service_account.runtime.email
      execution_environment = "EXECUTION_ENVIRONMENT_GEN2"
      max_retries           = 3
      timeout               = "86400s"

      containers {
        image   = var.image
        command = ["image-translation"]
        args    = ["backfill"]

        resources {
          limits = {
            cpu    = tostring(var.cpu)
            memory = "${var.memory_mb}Mi"
          }
        }

        dynamic "env" {
          for_each = module.rules.backfill_environment
          content {
            name  = env.key
            value = env.value
          }
        }
      }
    }
  }

  depends_on = [google_project_service.apis, time_sleep.grants]
}

resource "google_cloud_run_v2_job" "redeliver" {
  name                = "${var.name}-redeliver"
  location            = var.region
  deletion_protection = false

  template {
    task_count = 1

    template {
      service_account       = google_service_account.redeliver.email
      execution_environment = "EXECUTION_ENVIRONMENT_GEN2"
      max_retries           = 0
      timeout               = "86400s"

      containers {
        image   = var.image
        command = ["image-translation"]
        args    = local.redeliver_arguments

        resources {
          limits = {
            cpu    = "1"
            memory = "512Mi"
          }
        }
      }
    }
  }

  depends_on = [google_project_service.apis]
}

locals {
  redeliver_arguments = [
    "redeliver",
    "--uploads", google_storage_bucket.uploads.name,
    "--results", google_storage_bucket.results.name,
    "--topic", google_pubsub_topic.uploads.id,
  ]
  redeliver_account = "serviceAccount:${google_service_account.redeliver.email}"
}

resource "google_service_account" "redeliver" {
  account_id   = "${var.name}-again"
  display_name = "${var.name}: lists both buckets, announces uploads again"

  depends_on = [google_project_service.apis]
}

resource "google_storage_bucket_iam_member" "redeliver_lists" {
  for_each = {
    results = google_storage_bucket.results.name
    uploads = google_storage_bucket.uploads.name
  }

  bucket = each.value
  role   = "roles/storage.objectViewer"
  member = local.redeliver_account
}

resource "google_pubsub_topic_iam_member" "redeliver_announces" {
  topic  = google_pubsub_topic.uploads.id
  role   = "roles/pubsub.publisher"
  member = local.redeliver_account
}

resource "google_cloud_run_v2_job_iam_member" "schedule_starts_redeliver" {
  count = var.redeliver_schedule == null ? 0 : 1

  name     = google_cloud_run_v2_job.redeliver.name
  location = var.region
  role     = "roles/run.invoker"
  member   = local.redeliver_account
}

resource "google_cloud_scheduler_job" "redeliver" {
  count = var.redeliver_schedule == null ? 0 : 1

  name        = "${var.name}-redeliver"
  description = "Announces uploads without a document again"
  region      = var.region
  schedule    = var.redeliver_schedule
  time_zone   = "Etc/UTC"

  http_target {
    http_method = "POST"
    uri         = "https://run.googleapis.com/v2/${google_cloud_run_v2_job.redeliver.id}:run"

    oauth_token {
      service_account_email = google_service_account.redeliver.email
    }
  }

  depends_on = [google_project_service.apis, google_cloud_run_v2_job_iam_member.schedule_starts_redeliver]
}

# Cloud Translation's own quota is the only cap that holds for all instances together.
resource "google_cloud_quotas_quota_preference" "translation" {
  count = var.translation_quota == null ? 0 : 1

  parent   = "projects/${var.project_id}"
  name     = "${var.name}-translation"
  service  = "translate.googleapis.com"
  quota_id = var.translation_quota.quota_id
  # From unlimited to a number is always a decrease of more than ten percent.
  ignore_safety_checks = "QUOTA_DECREASE_PERCENTAGE_TOO_HIGH"

  quota_config {
    preferred_value = tostring(var.translation_quota.characters_per_day)
  }

  depends_on = [google_project_service.apis]
}
