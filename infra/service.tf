resource "google_cloud_run_v2_service" "subscriber" {
  name                = var.name
  description         = "Recognises and translates one uploaded image a request"
  location            = var.region
  deletion_protection = var.deletion_protection
  # Pub/Sub of the same project counts as internal traffic.
  ingress = "INGRESS_TRAFFIC_INTERNAL_ONLY"

  template {
    service_account                  = google_service_account.runtime.email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = var.max_concurrent_requests
    timeout                          = "${module.rules.request_timeout_seconds}s"

    scaling {
      min_instance_count = var.min_instances
      max_instance_count = var.max_instances
    }

    containers {
      image = var.image

      resources {
        limits = {
          cpu    = tostring(var.cpu)
          memory = "${var.memory_mb}Mi"
        }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      # Succeeds once the model has read a tiny image. There is no liveness probe, because an
      # instance that is busy with eight large images answers late and is healthy.
      startup_probe {
        period_seconds    = 2
        timeout_seconds   = 2
        failure_threshold = 60

        http_get {
          path = "/health"
        }
      }

      dynamic "env" {
        for_each = module.rules.subscriber_environment
        content {
          name  = env.key
          value = env.value
        }
      }
    }
  }

  # A process checks both buckets when it starts.
  depends_on = [
    google_project_service.apis,
    google_storage_bucket_iam_member.runtime_reads_uploads,
    google_storage_bucket_iam_member.runtime_writes_results,
  ]
}

# The same image without loading models, because it must work when the subscriber cannot start.
resource "google_cloud_run_v2_service" "dead_letter" {
  name                = "${var.name}-dead-letter"
  description         = "Writes the failed document of images whose every delivery failed"
  location            = var.region
  deletion_protection = var.deletion_protection
  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY"

  template {
    service_account                  = google_service_account.runtime.email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = var.max_concurrent_requests
    timeout                          = "60s"

    scaling {
      min_instance_count = 0
      max_instance_count = 2
    }

    containers {
      image = var.image

      resources {
        limits = {
          cpu    = "1"
          memory = "${module.rules.dead_letter_memory_mb}Mi"
        }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      startup_probe {
        period_seconds    = 2
        timeout_seconds   = 2
        failure_threshold = 60

        http_get {
          path = "/health"
        }
      }

      dynamic "env" {
        for_each = module.rules.dead_letter_environment
        content {
          name  = env.key
          value = env.value
        }
      }
    }
  }

  # A process checks both buckets when it starts.
  depends_on = [
    google_project_service.apis,
    google_storage_bucket_iam_member.runtime_reads_uploads,
    google_storage_bucket_iam_member.runtime_writes_results,
  ]
}
