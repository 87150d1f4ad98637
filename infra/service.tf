resource "google_cloud_run_v2_service" "subscriber" {
  count = var.delivery == "push" ? 1 : 0

  name        = var.name
  description = "Recognises and translates one uploaded image a request"
  location    = var.region
  # A service keeps nothing, and one whose first revision failed must be replaced.
  deletion_protection = false
  # Pub/Sub of the same project counts as internal traffic.
  ingress = "INGRESS_TRAFFIC_INTERNAL_ONLY"

  template {
    service_account                  = google_service_account.runtime.email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = var.max_concurrent_requests
    timeout                          = "${module.rules.request_timeout_seconds}s"

    scaling {
      # Google reports no minimum rather than 0, which would be a difference in every plan.
      min_instance_count = module.rules.min_instances == 0 ? null : module.rules.min_instances
      max_instance_count = module.rules.max_instances
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

      # Succeeds once the model has read a tiny image. It lasts for four minutes, the maximum of
      # Cloud Run, of which the program waits up to 200 s for its grants. There is no liveness
      # probe, because an instance that is busy with large images answers late and is healthy.
      startup_probe {
        period_seconds    = 2
        timeout_seconds   = 2
        failure_threshold = 120

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

  depends_on = [google_project_service.apis, time_sleep.grants]
}

# Pulls in place of the service. It has no port, hence no probe: the program ends if it cannot start.
resource "google_cloud_run_v2_worker_pool" "subscriber" {
  count = var.delivery == "pull" ? 1 : 0

  name                = var.name
  description         = "Recognises and translates the uploaded images that it pulls"
  location            = var.region
  deletion_protection = false

  scaling {
    # Cloud Run keeps 60 % of the instances' CPU busy.
    scaling_mode       = "AUTOMATIC"
    min_instance_count = module.rules.min_instances
    max_instance_count = module.rules.max_instances
  }

  template {
    service_account = google_service_account.runtime.email

    containers {
      image   = var.image
      command = ["image-translation"]
      args    = ["pull", "--subscription", google_pubsub_subscription.uploads.id]

      resources {
        limits = {
          cpu    = tostring(var.cpu)
          memory = "${var.memory_mb}Mi"
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

  depends_on = [google_project_service.apis, time_sleep.grants, time_sleep.pull_grant]
}

# The same image without loading models, because it must work when the subscriber cannot start.
resource "google_cloud_run_v2_service" "dead_letter" {
  name                = "${var.name}-dead-letter"
  description         = "Writes the failed document of images whose every delivery failed"
  location            = var.region
  deletion_protection = false
  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY"

  template {
    service_account                  = google_service_account.dead_letter.email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = var.max_concurrent_requests
    timeout                          = "60s"

    scaling {
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
        failure_threshold = 120

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

  depends_on = [google_project_service.apis, time_sleep.grants]
}

# After a revision that failed, a plan without differences would look as if all were well.
check "the_latest_revisions_serve" {
  assert {
    condition = alltrue(flatten([
      for conditions in concat(
        google_cloud_run_v2_service.subscriber[*].terminal_condition,
        google_cloud_run_v2_worker_pool.subscriber[*].terminal_condition,
        [google_cloud_run_v2_service.dead_letter.terminal_condition],
        google_cloud_run_v2_service.review[*].terminal_condition,
      ) :
      [for condition in conditions : condition.state == "CONDITION_SUCCEEDED"]
    ]))
    error_message = "The latest revision of a service did not start; the one before still serves. Read its log with the command of the output `logs`, then `make deploy` again."
  }
}
