locals {
  # Pub/Sub's default; the rule for `retention.uploads_days` counts on it. An image that is refused
  # all the time uses up its attempts earlier: the output `attempts` says when.
  keep_seven_days = "604800s"
}

resource "google_pubsub_topic" "uploads" {
  name         = "${var.name}-uploads"
  kms_key_name = var.kms_key

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents, google_project_service.apis]
}

resource "google_pubsub_subscription" "uploads" {
  name                       = "${var.name}-uploads"
  topic                      = google_pubsub_topic.uploads.id
  ack_deadline_seconds       = module.rules.ack_deadline_seconds
  message_retention_duration = local.keep_seven_days

  # By default Pub/Sub deletes a subscription that is idle for 31 days.
  expiration_policy {
    ttl = ""
  }

  # One subscription for both deliveries: a change of `delivery` keeps its messages.
  dynamic "push_config" {
    for_each = google_cloud_run_v2_service.subscriber[*].uri
    content {
      push_endpoint = push_config.value

      oidc_token {
        service_account_email = google_service_account.invoker.email
        audience              = push_config.value
      }
    }
  }

  retry_policy {
    minimum_backoff = "${module.rules.backoff_seconds.minimum}s"
    maximum_backoff = "${module.rules.backoff_seconds.maximum}s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters.id
    max_delivery_attempts = var.max_delivery_attempts
  }

  depends_on = [google_cloud_run_v2_service_iam_member.invoker]
}

resource "google_pubsub_topic" "dead_letters" {
  name         = "${var.name}-dead-letters"
  kms_key_name = var.kms_key

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents, google_project_service.apis]
}

# Delivers to the dead-letter service. It has no dead-letter policy, so it tries for seven days.
resource "google_pubsub_subscription" "dead_letters" {
  name                       = "${var.name}-dead-letters-push"
  topic                      = google_pubsub_topic.dead_letters.id
  ack_deadline_seconds       = 60
  message_retention_duration = local.keep_seven_days

  expiration_policy {
    ttl = ""
  }

  push_config {
    push_endpoint = google_cloud_run_v2_service.dead_letter.uri

    oidc_token {
      service_account_email = google_service_account.invoker.email
      audience              = google_cloud_run_v2_service.dead_letter.uri
    }
  }

  retry_policy {
    minimum_backoff = "${module.rules.backoff_seconds.minimum}s"
    maximum_backoff = "${module.rules.backoff_seconds.maximum}s"
  }

  depends_on = [google_cloud_run_v2_service_iam_member.invoker]
}

# One message for each outcome. Subscribers choose by the attributes status, languages and code.
resource "google_pubsub_topic" "outcomes" {
  count = var.notify ? 1 : 0

  name         = module.rules.results_topic
  kms_key_name = var.kms_key

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents, google_project_service.apis]
}

# For operators: `terraform output inspect_failures` prints the command that shows its messages.
resource "google_pubsub_subscription" "dead_letters_inspect" {
  name                       = "${var.name}-dead-letters-inspect"
  topic                      = google_pubsub_topic.dead_letters.id
  ack_deadline_seconds       = 60
  message_retention_duration = local.keep_seven_days

  expiration_policy {
    ttl = ""
  }
}
