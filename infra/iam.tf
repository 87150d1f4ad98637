# Google's service agents in this project. The project's number is taken from the name of the
# storage agent, because reading the project needs one more API and one more role.
locals {
  project_number = one(regex("^service-([0-9]+)@", data.google_storage_project_service_account.agent.email_address))
  pubsub_agent   = "serviceAccount:service-${local.project_number}@gcp-sa-pubsub.iam.gserviceaccount.com"
  bigquery_agent = "serviceAccount:bq-${local.project_number}@bigquery-encryption.iam.gserviceaccount.com"
  storage_agent  = "serviceAccount:${data.google_storage_project_service_account.agent.email_address}"

  runtime     = "serviceAccount:${google_service_account.runtime.email}"
  dead_letter = "serviceAccount:${google_service_account.dead_letter.email}"
  invoker     = "serviceAccount:${google_service_account.invoker.email}"

  announcing_roles = ["roles/pubsub.publisher", "roles/pubsub.viewer"]

  services = merge(
    { dead_letter = google_cloud_run_v2_service.dead_letter.name },
    var.delivery == "push" ? { subscriber = one(google_cloud_run_v2_service.subscriber[*].name) } : {},
  )
}

data "google_storage_project_service_account" "agent" {
  depends_on = [google_project_service.storage]
}

resource "google_service_account" "runtime" {
  account_id   = "${var.name}-runtime"
  display_name = "${var.name}: reads uploads, writes results"

  depends_on = [google_project_service.apis]
}

resource "google_service_account" "dead_letter" {
  account_id   = "${var.name}-letters"
  display_name = "${var.name}: writes the documents of failed images"

  depends_on = [google_project_service.apis]
}

resource "google_service_account" "invoker" {
  account_id   = "${var.name}-invoker"
  display_name = "${var.name}: the identity Pub/Sub pushes with"

  depends_on = [google_project_service.apis]
}

resource "google_storage_bucket_iam_member" "runtime_reads_uploads" {
  bucket = google_storage_bucket.uploads.name
  role   = "roles/storage.objectViewer"
  member = local.runtime
}

# objectUser, because replacing a document needs the permission to delete the previous one.
resource "google_storage_bucket_iam_member" "runtime_writes_results" {
  bucket = google_storage_bucket.results.name
  role   = "roles/storage.objectUser"
  member = local.runtime
}

resource "google_storage_bucket_iam_member" "dead_letter_writes_results" {
  bucket = google_storage_bucket.results.name
  role   = "roles/storage.objectUser"
  member = local.dead_letter
}

# To announce outcomes, and to see at the start that the topic exists.
resource "google_pubsub_topic_iam_member" "runtime_announces" {
  for_each = toset(var.notify ? local.announcing_roles : [])

  topic  = google_pubsub_topic.outcomes[0].id
  role   = each.value
  member = local.runtime
}

resource "google_pubsub_topic_iam_member" "dead_letter_announces" {
  for_each = toset(var.notify ? local.announcing_roles : [])

  topic  = google_pubsub_topic.outcomes[0].id
  role   = each.value
  member = local.dead_letter
}

# Cloud Translation has no smaller resource than the project to grant the role on.
resource "google_project_iam_member" "runtime_translates" {
  count = var.translator == "google" ? 1 : 0

  project = var.project_id
  role    = "roles/cloudtranslate.user"
  member  = local.runtime
}

# A process checks its buckets and its translator when it starts, and a grant takes effect some
# minutes after it was made. A changed grant is waited for again.
resource "time_sleep" "grants" {
  create_duration = "180s"

  triggers = {
    grants = join(" ", concat(
      [
        google_storage_bucket_iam_member.runtime_reads_uploads.id,
        google_storage_bucket_iam_member.runtime_writes_results.id,
        google_storage_bucket_iam_member.dead_letter_writes_results.id,
      ],
      google_project_iam_member.runtime_translates[*].id,
      values(google_pubsub_topic_iam_member.dead_letter_announces)[*].id,
      values(google_pubsub_topic_iam_member.runtime_announces)[*].id,
      values(google_storage_bucket_iam_member.review_reads)[*].id,
    ))
  }
}

resource "google_pubsub_subscription_iam_member" "runtime_pulls" {
  count = var.delivery == "pull" ? 1 : 0

  subscription = google_pubsub_subscription.uploads.name
  role         = "roles/pubsub.subscriber"
  member       = local.runtime
}

# Not with the grants above: the subscription waits for the dead-letter service, and that for them.
resource "time_sleep" "pull_grant" {
  count = var.delivery == "pull" ? 1 : 0

  create_duration = "180s"

  triggers = {
    grant = join(" ", google_pubsub_subscription_iam_member.runtime_pulls[*].id)
  }
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = local.services

  name     = each.value
  location = var.region
  role     = "roles/run.invoker"
  member   = local.invoker
}

# Projects whose Pub/Sub agent was created before April 2021 lack this grant.
resource "google_service_account_iam_member" "agent_signs_as_invoker" {
  service_account_id = google_service_account.invoker.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.pubsub_agent

  # In a fresh project the first topic creates the agent.
  depends_on = [google_pubsub_topic.uploads]
}

resource "google_pubsub_topic_iam_member" "storage_notifies" {
  topic  = google_pubsub_topic.uploads.id
  role   = "roles/pubsub.publisher"
  member = local.storage_agent
}

# Without these two grants Pub/Sub dead-letters nothing and reports no error.
resource "google_pubsub_topic_iam_member" "agent_gives_up" {
  topic  = google_pubsub_topic.dead_letters.id
  role   = "roles/pubsub.publisher"
  member = local.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "agent_takes_from_uploads" {
  subscription = google_pubsub_subscription.uploads.name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}

resource "google_kms_crypto_key_iam_member" "agents" {
  for_each = var.kms_key == null ? {} : merge(
    {
      pubsub  = local.pubsub_agent
      storage = local.storage_agent
    },
    var.analytics == null ? {} : { bigquery = local.bigquery_agent },
  )

  crypto_key_id = var.kms_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value
}
