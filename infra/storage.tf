locals {
  soft_delete_seconds = var.retention.soft_delete_days * 86400
}

resource "google_storage_bucket" "uploads" {
  #checkov:skip=CKV_GCP_62:usage logs would need a third bucket; Data Access audit logs, off by default, can record access
  #checkov:skip=CKV_GCP_78:only the newest upload of a name is translated; soft delete brings back the others
  name                        = module.rules.uploads_bucket
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection

  soft_delete_policy {
    retention_duration_seconds = local.soft_delete_seconds
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }

  dynamic "lifecycle_rule" {
    for_each = var.retention.uploads_days[*]
    content {
      action {
        type = "Delete"
      }
      condition {
        age = lifecycle_rule.value
      }
    }
  }

  dynamic "encryption" {
    for_each = var.kms_key[*]
    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_storage_bucket" "results" {
  #checkov:skip=CKV_GCP_62:usage logs would need a third bucket; Data Access audit logs, off by default, can record access
  name                        = module.rules.results_bucket
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection

  soft_delete_policy {
    retention_duration_seconds = local.soft_delete_seconds
  }

  # A new upload of an image replaces its document; the previous version stays readable.
  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = var.retention.replaced_results_days
      with_state                 = "ARCHIVED"
    }
  }

  dynamic "encryption" {
    for_each = var.kms_key[*]
    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# Created last: an event before the subscription exists, or before it may push and dead-letter,
# would be lost.
resource "google_storage_notification" "uploads" {
  bucket             = google_storage_bucket.uploads.name
  topic              = google_pubsub_topic.uploads.id
  payload_format     = "JSON_API_V1"
  event_types        = ["OBJECT_FINALIZE"]
  object_name_prefix = var.upload_prefix

  depends_on = [
    google_cloud_run_v2_service_iam_member.invoker,
    google_pubsub_subscription.analytics,
    google_pubsub_subscription.dead_letters,
    google_pubsub_subscription.dead_letters_inspect,
    google_pubsub_subscription.uploads,
    google_pubsub_subscription_iam_member.agent_takes_from_uploads,
    google_pubsub_subscription_iam_member.runtime_pulls,
    google_pubsub_topic_iam_member.agent_gives_up,
    google_pubsub_topic_iam_member.dead_letter_announces,
    google_pubsub_topic_iam_member.runtime_announces,
    google_pubsub_topic_iam_member.redeliver_announces,
    google_pubsub_topic_iam_member.storage_notifies,
    google_service_account_iam_member.agent_signs_as_invoker,
    google_storage_bucket_iam_member.dead_letter_writes_results,
    google_storage_bucket_iam_member.redeliver_lists,
    google_storage_bucket_iam_member.runtime_reads_uploads,
    google_storage_bucket_iam_member.runtime_writes_results,
  ]
}
