module "rules" {
  source = "./rules"

  alert_emails            = var.alert_emails
  alerts                  = var.alerts
  analytics               = var.analytics
  backfill_tasks          = var.backfill_tasks
  budget                  = var.budget
  cpu                     = var.cpu
  delivery                = var.delivery
  image                   = var.image
  kms_key                 = var.kms_key
  max_concurrent_ocr      = var.max_concurrent_ocr
  max_concurrent_requests = var.max_concurrent_requests
  max_delivery_attempts   = var.max_delivery_attempts
  max_instances           = var.max_instances
  memory_mb               = var.memory_mb
  min_instances           = var.min_instances
  name                    = var.name
  notify                  = var.notify
  peak_load               = var.peak_load
  prices                  = var.prices
  project_id              = var.project_id
  redeliver_schedule      = var.redeliver_schedule
  region                  = var.region
  results_bucket          = var.results_bucket
  retention               = var.retention
  review                  = var.review
  settings                = var.settings
  source_language         = var.source_language
  target_languages        = var.target_languages
  translation_quota       = var.translation_quota
  translator              = var.translator
  uploads_bucket          = var.uploads_bucket
}

locals {
  apis = concat(
    [
      "artifactregistry.googleapis.com",
      "iam.googleapis.com",
      "logging.googleapis.com",
      "monitoring.googleapis.com",
      "pubsub.googleapis.com",
      "run.googleapis.com",
    ],
    var.analytics == null ? [] : ["bigquery.googleapis.com"],
    var.budget == null ? [] : ["billingbudgets.googleapis.com"],
    local.review_iap ? ["iap.googleapis.com"] : [],
    var.translator == "google" ? ["translate.googleapis.com"] : [],
    var.redeliver_schedule == null ? [] : ["cloudscheduler.googleapis.com"],
    var.translation_quota == null ? [] : ["cloudquotas.googleapis.com"],
  )
}

resource "google_project_service" "apis" {
  for_each = toset(local.apis)

  service = each.key
  # Other software in the project may use them too.
  disable_on_destroy = false
}

# Separate from the others, so that another API on their list does not make Terraform read the
# storage agent late and replace its grants.
resource "google_project_service" "storage" {
  service            = "storage.googleapis.com"
  disable_on_destroy = false
}

resource "google_artifact_registry_repository" "images" {
  #checkov:skip=CKV_GCP_84:kms_key protects the users' uploads; the program's image holds only public code
  repository_id = var.name
  description   = "Container images of ${var.name}"
  location      = var.region
  format        = "DOCKER"

  # Five images are enough to roll back; each has about 1 GB.
  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"
    most_recent_versions {
      keep_count = 5
    }
  }
  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      older_than = "2592000s"
    }
  }

  depends_on = [google_project_service.apis]
}
