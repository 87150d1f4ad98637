# The module rules/ checks values and their combinations before anything is created.

variable "alert_channels" {
  description = "Notification channels of the alert policies: projects/PROJECT/notificationChannels/NUMBER. Without these and alert_emails, incidents show in the console only."
  type        = list(string)
  default     = []
}

variable "alert_emails" {
  description = "Addresses that the alert policies write to; a notification channel is created for each."
  type        = list(string)
  default     = []
}

variable "alerts" {
  description = "When to alert: age of the oldest unprocessed image, share of deliveries answered 5xx, memory as a share of its limit, share of pushes that were not acknowledged."
  type = object({
    backlog_age_seconds = optional(number, 1800)
    error_ratio         = optional(number, 0.05)
    memory_ratio        = optional(number, 0.85)
    refused_ratio       = optional(number, 0.5)
  })
  default = {}
}

variable "analytics" {
  description = "BigQuery dataset to create, with a table `outcomes` of one row for each announcement; needs notify. Null: none."
  type = object({
    dataset = string
  })
  default = null
}

variable "backfill_tasks" {
  description = "Tasks of the job `backfill`, 1 to 10000; they share the uploads by their names and run at the same time."
  type        = number
  default     = 4
}

variable "budget" {
  description = "Monthly budget of the project, whose alerts go to the billing account's administrators and to alert_emails and alert_channels. Null: none."
  type = object({
    billing_account = string
    currency        = optional(string, "USD")
    monthly         = number
  })
  default = null
}

variable "cpu" {
  description = "vCPUs of a subscriber instance: 1, 2, 4, 6 or 8."
  type        = number
  default     = 2
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete buckets that hold objects. Set it to false, apply, then destroy. The services keep nothing and are never protected."
  type        = bool
  default     = true
}

variable "delivery" {
  description = "How messages reach the subscriber: push (a service that scales to zero) or pull (a worker pool with at least one instance, for more than a few images a second)."
  type        = string
  default     = "push"
}

variable "image" {
  description = "Container image by digest or by a tag other than latest. `make deploy` builds, pushes and records it in image.auto.tfvars."
  type        = string
}

variable "kms_key" {
  description = "Cloud KMS key for images, documents and messages at rest: projects/P/locations/L/keyRings/R/cryptoKeys/K, in the same region. The container images and the services, which hold only the program, have Google's keys. Null: Google's keys for all."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels of every resource that takes labels, added to app=NAME."
  type        = map(string)
  default     = {}
}

variable "max_concurrent_ocr" {
  description = "Recognitions at the same time in one instance; memory_mb must hold them."
  type        = number
  default     = 3
}

variable "max_concurrent_requests" {
  description = "Deliveries that an instance accepts at the same time, from max_concurrent_ocr to twice as many: those in OCR slots and those that download meanwhile. More would only wait where no other instance can take them."
  type        = number
  default     = 4
}

variable "max_delivery_attempts" {
  description = "Failed deliveries before an image gets a failed document, 5 to 100. A delivery that is turned away under load counts too, so fewer than 100 file healthy images as failed."
  type        = number
  default     = 100
}

variable "max_instances" {
  description = "Maximum number of subscriber instances; it caps cost and use of the translator's quota. Null: as many as peak_load needs. The output `capacity` shows the sum."
  type        = number
  default     = null
}

variable "memory_mb" {
  description = "Memory of a subscriber instance in MiB."
  type        = number
  default     = 2048
}

variable "min_instances" {
  description = "Subscriber instances kept warm: 0 costs nothing while idle, 1 saves the first image its cold start."
  type        = number
  default     = 0
}

variable "name" {
  description = "Prefix of every resource's name, 22 characters at most."
  type        = string
  default     = "image-translation"
}

variable "notify" {
  description = "Whether a topic gets one message for each outcome, after its document was written."
  type        = bool
  default     = false
}

variable "peak_load" {
  description = "The load that max_instances is computed from: images a second at the peak, and CPU-seconds of an image, measured from 0.2 for a small picture and 0.6 for a receipt to 2.5 for a dense page."
  type = object({
    cpu_seconds_per_image = optional(number, 1)
    images_per_second     = optional(number, 9)
  })
  default = {}
}

variable "prices" {
  description = "Prices of the chart `USD per 1,000 images`: a GiB-second and a vCPU-second of Cloud Run, and a million characters of translation."
  type = object({
    gib_second         = optional(number, 0.0000025)
    million_characters = optional(number, 20)
    vcpu_second        = optional(number, 0.000024)
  })
  default = {}
}

variable "project_id" {
  description = "Google Cloud project to deploy into."
  type        = string
}

variable "redeliver_schedule" {
  description = "When uploads without a document are announced again by themselves, as five cron fields in UTC such as \"30 3 * * *\". Null: only when somebody runs the output `redeliver`."
  type        = string
  default     = null
}

variable "region" {
  description = "Region of buckets, services and images, such as europe-west1."
  type        = string
}

variable "results_bucket" {
  description = "Name of the bucket for the documents. Null: PROJECT-NAME-results."
  type        = string
  default     = null
}

variable "retention" {
  description = "Days until deletion: of replaced documents, of deleted objects (soft delete, 0 or 7 to 90), of uploaded images (null: never)."
  type = object({
    replaced_results_days = optional(number, 30)
    soft_delete_days      = optional(number, 7)
    uploads_days          = optional(number)
  })
  default = {}
}

variable "review" {
  description = "The review page, where members look at pictures and documents, behind IAP: { members = [\"group:team@example.org\"] }. Without an organisation there is no IAP: set iap = false, and members use `gcloud run services proxy`. Null: no review page."
  type = object({
    iap     = optional(bool, true)
    members = list(string)
  })
  default = null
}

variable "settings" {
  description = "Further settings of the services by the name of their environment variable, such as { MAX_PAGES = 5 }, and OpenTelemetry's variables (OTEL_...). A GLOSSARY must be where the service may read: gs://RESULTS_BUCKET/glossary.csv."
  type        = map(string)
  default     = {}
}

variable "source_language" {
  description = "Language of all uploads as a BCP-47 tag, or auto."
  type        = string
  default     = "auto"
}

variable "target_languages" {
  description = "Languages to translate into, as BCP-47 tags."
  type        = list(string)
  default     = ["en"]
}

variable "translation_quota" {
  description = "Characters that the whole project may send to Cloud Translation in a day (Pacific Time); it holds for all instances, and MAX_CHARACTERS_PER_DAY for each one. `gcloud quotas info list --service translate.googleapis.com --project PROJECT` lists the quota_id. General models only. Null: no cap."
  type = object({
    characters_per_day = number
    quota_id           = optional(string, "DefaultPerDayPerProject")
  })
  default = null
}

variable "translator" {
  description = "apertium (in the image), google (Cloud Translation, billed to this project) or none; also auto, ctranslate2 or package.module:Class with an image that contains them."
  type        = string
  default     = "apertium"
}

variable "upload_prefix" {
  description = "Prefix of the object names that are processed. Null: all objects."
  type        = string
  default     = null
}

variable "uploads_bucket" {
  description = "Name of the bucket for the images. Null: PROJECT-NAME-uploads."
  type        = string
  default     = null
}
