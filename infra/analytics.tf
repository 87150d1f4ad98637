# SQL over outcomes: BigQuery stores each announcement as a row, without code of ours.

resource "google_bigquery_dataset" "analytics" {
  #checkov:skip=CKV_GCP_81:encrypted with kms_key where one is set
  count = var.analytics == null ? 0 : 1

  dataset_id                 = var.analytics.dataset
  description                = "${var.name}: what became of each upload"
  location                   = var.region
  delete_contents_on_destroy = !var.deletion_protection

  dynamic "default_encryption_configuration" {
    for_each = var.kms_key[*]
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.agents, google_project_service.apis]
}

# The columns that Pub/Sub writes. A message may be stored twice: count distinct data.key.
resource "google_bigquery_table" "outcomes" {
  #checkov:skip=CKV_GCP_80:the dataset's key is the table's
  count = var.analytics == null ? 0 : 1

  dataset_id          = google_bigquery_dataset.analytics[0].dataset_id
  table_id            = "outcomes"
  deletion_protection = var.deletion_protection
  schema = jsonencode([
    { name = "subscription_name", type = "STRING" },
    { name = "message_id", type = "STRING" },
    { name = "publish_time", type = "TIMESTAMP" },
    { name = "data", type = "JSON" },
    { name = "attributes", type = "JSON" },
  ])

  time_partitioning {
    type  = "DAY"
    field = "publish_time"
  }
}

resource "google_bigquery_table_iam_member" "agent_writes_outcomes" {
  count = var.analytics == null ? 0 : 1

  dataset_id = google_bigquery_dataset.analytics[0].dataset_id
  table_id   = google_bigquery_table.outcomes[0].table_id
  role       = "roles/bigquery.dataEditor"
  member     = local.pubsub_agent
}

resource "google_pubsub_subscription" "analytics" {
  count = var.analytics == null ? 0 : 1

  name                       = "${var.name}-outcomes-analytics"
  topic                      = google_pubsub_topic.outcomes[0].id
  message_retention_duration = local.keep_seven_days

  expiration_policy {
    ttl = ""
  }

  bigquery_config {
    table          = "${var.project_id}.${google_bigquery_dataset.analytics[0].dataset_id}.${google_bigquery_table.outcomes[0].table_id}"
    write_metadata = true
  }

  depends_on = [google_bigquery_table_iam_member.agent_writes_outcomes]
}
