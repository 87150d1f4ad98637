# The review page, a third service of the same image: it only reads the two buckets. Nothing of
# this file exists while var.review is null.
locals {
  review     = var.review == null ? null : "serviceAccount:${one(google_service_account.review[*].email)}"
  review_iap = var.review == null ? false : var.review.iap
  # With IAP it is IAP that invokes the service; without, each member does, through a proxy.
  review_invokers = (
    local.review_iap ? { iap = "serviceAccount:service-${local.project_number}@gcp-sa-iap.iam.gserviceaccount.com" } :
    { for member in try(var.review.members, []) : member => member }
  )
}

resource "google_service_account" "review" {
  count = var.review == null ? 0 : 1

  account_id   = "${var.name}-review"
  display_name = "${var.name}: reads both buckets for the review page"

  depends_on = [google_project_service.apis]
}

resource "google_storage_bucket_iam_member" "review_reads" {
  for_each = var.review == null ? {} : {
    results = google_storage_bucket.results.name
    uploads = google_storage_bucket.uploads.name
  }

  bucket = each.value
  role   = "roles/storage.objectViewer"
  member = local.review
}

resource "google_cloud_run_v2_service" "review" {
  count = var.review == null ? 0 : 1

  name                = "${var.name}-review"
  description         = "Shows documents and pictures to the members of var.review"
  location            = var.region
  deletion_protection = false
  # Browsers come from outside; IAP or IAM refuses everybody but the members.
  ingress     = "INGRESS_TRAFFIC_ALL"
  iap_enabled = local.review_iap

  template {
    service_account                  = google_service_account.review[0].email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = tonumber(module.rules.review_environment.MAX_CONCURRENT_REQUESTS)
    timeout                          = "60s"

    scaling {
      max_instance_count = 2
    }

    containers {
      image = var.image

      resources {
        limits = {
          cpu    = "1"
          memory = "${module.rules.review_memory_mb}Mi"
        }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      startup_probe {
        period_seconds    = 2
        timeout_seconds   = 2
        failure_threshold = 120

        http_get {
          path = "/health"
        }
      }

      dynamic "env" {
        for_each = module.rules.review_environment
        content {
          name  = env.key
          value = env.value
        }
      }
    }
  }

  depends_on = [google_project_service.apis, time_sleep.grants]
}

resource "google_cloud_run_v2_service_iam_member" "review" {
  for_each = local.review_invokers

  name     = google_cloud_run_v2_service.review[0].name
  location = var.region
  role     = "roles/run.invoker"
  member   = each.value
}

resource "google_iap_web_cloud_run_service_iam_member" "review" {
  for_each = local.review_iap ? toset(var.review.members) : toset([])

  cloud_run_service_name = google_cloud_run_v2_service.review[0].name
  location               = var.region
  role                   = "roles/iap.httpsResourceAccessor"
  member                 = each.value
}
