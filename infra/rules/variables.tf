variable "alert_emails" {
  description = "Addresses that alerts are sent to."
  type        = list(string)

  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@\\s]+@[^@\\s]+$", address))])
    error_message = "alert_emails is [${join(", ", var.alert_emails)}]: list e-mail addresses."
  }
}

variable "alerts" {
  description = "Thresholds of the alert policies."
  type = object({
    backlog_age_seconds = number
    error_ratio         = number
    memory_ratio        = number
    refused_ratio       = number
  })

  validation {
    condition     = var.alerts.backlog_age_seconds >= 60
    error_message = "alerts.backlog_age_seconds is ${var.alerts.backlog_age_seconds}: set 60 or more."
  }

  validation {
    condition     = alltrue([for ratio in [var.alerts.error_ratio, var.alerts.memory_ratio, var.alerts.refused_ratio] : ratio > 0 && ratio < 1])
    error_message = "alerts.error_ratio, alerts.memory_ratio and alerts.refused_ratio are shares: set numbers between 0 and 1, such as 0.05."
  }
}

variable "analytics" {
  description = "Dataset of the announcements, or null."
  type        = object({ dataset = string })

  validation {
    condition     = var.analytics == null ? true : can(regex("^[A-Za-z0-9_]+$", var.analytics.dataset))
    error_message = "analytics.dataset has letters, digits and _ only."
  }

  validation {
    condition     = var.analytics == null || var.notify
    error_message = "analytics stores announcements, and there are none: set notify = true."
  }
}

variable "backfill_tasks" {
  description = "Tasks of the backfill."
  type        = number

  validation {
    condition     = var.backfill_tasks >= 1 && var.backfill_tasks <= 10000 && floor(var.backfill_tasks) == var.backfill_tasks
    error_message = "backfill_tasks is ${var.backfill_tasks}: Cloud Run takes a whole number from 1 to 10000."
  }
}

variable "budget" {
  description = "Monthly budget, or null."
  type = object({
    billing_account = string
    currency        = string
    monthly         = number
  })

  validation {
    condition     = var.budget == null ? true : can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.budget.billing_account))
    error_message = "budget.billing_account must have the form 012345-6789AB-CDEF01: `gcloud billing accounts list` shows yours."
  }

  validation {
    condition     = var.budget == null ? true : var.budget.monthly >= 1 && floor(var.budget.monthly) == var.budget.monthly
    error_message = "budget.monthly must be a whole number from 1."
  }

  validation {
    condition     = var.budget == null ? true : can(regex("^[A-Z]{3}$", var.budget.currency))
    error_message = "budget.currency must be that of the billing account, such as USD or EUR."
  }
}

variable "cpu" {
  description = "vCPUs of an instance."
  type        = number

  validation {
    condition     = contains(keys(local.memory_ceiling_mb), tostring(var.cpu))
    error_message = "cpu is ${var.cpu}: Cloud Run offers 1, 2, 4, 6 or 8."
  }
}

variable "delivery" {
  description = "push or pull."
  type        = string

  validation {
    condition     = contains(["pull", "push"], var.delivery)
    error_message = "delivery is ${var.delivery}: set push or pull."
  }
}

variable "image" {
  description = "Container image."
  type        = string

  validation {
    condition     = can(regex("(@sha256:[0-9a-f]{64}|:[A-Za-z0-9_][A-Za-z0-9_.-]*)$", var.image)) && !endswith(var.image, ":latest")
    error_message = "image is ${var.image}: name a digest (IMAGE@sha256:...) or a tag other than latest, so that a new apply deploys it and a rollback is possible."
  }
}

variable "kms_key" {
  description = "Cloud KMS key, or null."
  type        = string

  validation {
    condition     = var.kms_key == null || can(regex("^projects/[^/]+/locations/${var.region}/keyRings/[^/]+/cryptoKeys/[^/]+$", var.kms_key))
    error_message = "kms_key must be projects/PROJECT/locations/${var.region}/keyRings/RING/cryptoKeys/KEY: a key of the region the buckets are in."
  }
}

variable "max_concurrent_ocr" {
  description = "OCR slots of an instance."
  type        = number

  validation {
    condition     = var.max_concurrent_ocr >= 1 && var.max_concurrent_ocr <= 64 && floor(var.max_concurrent_ocr) == var.max_concurrent_ocr
    error_message = "max_concurrent_ocr is ${var.max_concurrent_ocr}: set a whole number from 1 to 64."
  }
}

variable "max_concurrent_requests" {
  description = "Deliveries that an instance accepts at the same time."
  type        = number

  validation {
    condition     = var.max_concurrent_requests >= var.max_concurrent_ocr
    error_message = "max_concurrent_requests is ${var.max_concurrent_requests}, fewer than max_concurrent_ocr (${var.max_concurrent_ocr}): slots would stay empty. Raise the first or lower the second."
  }

  validation {
    condition     = var.max_concurrent_requests <= 2 * var.max_concurrent_ocr
    error_message = "max_concurrent_requests is ${var.max_concurrent_requests}, more than twice max_concurrent_ocr (${var.max_concurrent_ocr}): the others would wait here while Cloud Run starts no further instance for them. Lower it."
  }
}

variable "max_delivery_attempts" {
  description = "Failed deliveries before the dead letter."
  type        = number

  validation {
    condition     = var.max_delivery_attempts >= 5 && var.max_delivery_attempts <= 100
    error_message = "max_delivery_attempts is ${var.max_delivery_attempts}: Pub/Sub takes 5 to 100."
  }
}

variable "max_instances" {
  description = "Maximum number of instances, or null."
  type        = number

  validation {
    condition     = var.max_instances == null ? true : var.max_instances >= 1 && floor(var.max_instances) == var.max_instances
    error_message = "max_instances must be a whole number from 1, or null: then it is computed from peak_load."
  }
}

variable "memory_mb" {
  description = "Memory of an instance."
  type        = number

  validation {
    condition     = var.memory_mb >= local.memory_floor_mb
    error_message = "memory_mb is ${var.memory_mb}, and ${var.max_concurrent_ocr} OCR slots need ${local.memory_floor_mb}. Raise it or lower max_concurrent_ocr."
  }

  validation {
    condition     = var.memory_mb >= local.memory_minimum_mb[tostring(var.cpu)]
    error_message = "memory_mb is ${var.memory_mb}: with ${var.cpu} vCPU Cloud Run gives ${local.memory_minimum_mb[tostring(var.cpu)]} at least. Raise it or lower cpu."
  }

  validation {
    condition     = var.memory_mb <= local.memory_ceiling_mb[tostring(var.cpu)]
    error_message = "memory_mb is ${var.memory_mb}: with ${var.cpu} vCPU Cloud Run gives ${local.memory_ceiling_mb[tostring(var.cpu)]} at most. Raise cpu or lower it."
  }
}

variable "min_instances" {
  description = "Instances kept warm."
  type        = number

  validation {
    condition     = var.min_instances >= 0 && var.min_instances <= local.max_instances
    error_message = "min_instances is ${var.min_instances}: set a number from 0 to max_instances (${local.max_instances})."
  }
}

variable "name" {
  description = "Prefix of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}[a-z0-9]$", var.name))
    error_message = "name is ${var.name}: 4 to 22 lower-case letters, digits and -, a letter first (a service account's name has 30 at most)."
  }
}

variable "notify" {
  description = "Whether outcomes are announced."
  type        = bool
}

variable "peak_load" {
  description = "Images a second at the peak, and CPU-seconds of an image."
  type = object({
    cpu_seconds_per_image = number
    images_per_second     = number
  })

  validation {
    condition     = alltrue([for figure in values(var.peak_load) : figure > 0])
    error_message = "peak_load.cpu_seconds_per_image and peak_load.images_per_second must be more than 0."
  }
}

variable "prices" {
  description = "Prices of the cost chart."
  type = object({
    gib_second         = number
    million_characters = number
    vcpu_second        = number
  })

  validation {
    condition     = alltrue([for price in values(var.prices) : price >= 0])
    error_message = "prices must be 0 or more."
  }
}

variable "project_id" {
  description = "Google Cloud project."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id is ${var.project_id}: that is not the id of a project. `gcloud projects list` shows yours in its first column."
  }
}

variable "redeliver_schedule" {
  description = "Cron fields, or null."
  type        = string

  validation {
    condition     = var.redeliver_schedule == null ? true : can(regex("^\\S+( \\S+){4}$", var.redeliver_schedule))
    error_message = "redeliver_schedule must be five cron fields such as \"30 3 * * *\", or null."
  }
}

variable "region" {
  description = "Region."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region is ${var.region}: name a region such as europe-west1, not a zone or a multi-region."
  }
}

variable "results_bucket" {
  description = "Name of the results bucket, or null."
  type        = string
}

variable "retention" {
  description = "Days until deletion of documents, objects and images."
  type = object({
    replaced_results_days = number
    soft_delete_days      = number
    uploads_days          = optional(number)
  })

  validation {
    condition     = var.retention.soft_delete_days == 0 || (var.retention.soft_delete_days >= 7 && var.retention.soft_delete_days <= 90)
    error_message = "retention.soft_delete_days is ${var.retention.soft_delete_days}: Cloud Storage takes 0 (off) or 7 to 90."
  }

  # Pub/Sub tries for seven days; an image that is deleted earlier is lost.
  validation {
    condition     = var.retention.uploads_days == null ? true : var.retention.uploads_days >= 8
    error_message = "retention.uploads_days must be 8 or more, or null: deliveries are tried for seven days and need the image."
  }
}

variable "review" {
  description = "Members of the review page, or null."
  type = object({
    iap     = bool
    members = list(string)
  })

  validation {
    condition     = var.review == null ? true : length(var.review.members) > 0
    error_message = "review.members is empty: list who may see pictures and documents, or set review to null."
  }

  validation {
    condition     = var.review == null ? true : alltrue([for member in var.review.members : can(regex("^(user|group|domain|serviceAccount):[^\\s:]+$", member))])
    error_message = "review.members is [${var.review == null ? "" : join(", ", var.review.members)}]: each is user:, group:, serviceAccount: or domain: and a name. The public may not see pictures."
  }
}

variable "settings" {
  description = "Further settings of the subscriber."
  type        = map(string)

  validation {
    condition     = alltrue([for name in keys(var.settings) : contains(local.further_settings, name) || startswith(name, "OTEL_")])
    error_message = "settings has ${join(", ", [for name in setsubtract(keys(var.settings), local.further_settings) : name if !startswith(name, "OTEL_")])}: it takes ${join(", ", local.further_settings)}. OpenTelemetry's variables are taken too. Other settings have their own variables or are fixed by the image."
  }
}

variable "source_language" {
  description = "BCP-47 tag, or auto."
  type        = string

  validation {
    condition     = var.source_language == "auto" || can(regex(local.language_tag, var.source_language))
    error_message = "source_language is ${var.source_language}: set auto or a BCP-47 tag such as es or zh-Hant."
  }
}

variable "target_languages" {
  description = "BCP-47 tags."
  type        = list(string)

  validation {
    condition     = length(var.target_languages) > 0 && alltrue([for tag in var.target_languages : can(regex(local.language_tag, tag))])
    error_message = "target_languages is [${join(", ", var.target_languages)}]: list at least one BCP-47 tag such as en or pt-BR."
  }
}

variable "translation_quota" {
  description = "Characters a day and the quota's id, or null."
  type = object({
    characters_per_day = number
    quota_id           = string
  })

  validation {
    condition     = var.translation_quota == null ? true : var.translation_quota.characters_per_day >= 1 && floor(var.translation_quota.characters_per_day) == var.translation_quota.characters_per_day
    error_message = "translation_quota.characters_per_day must be a whole number from 1."
  }

  validation {
    condition     = var.translation_quota == null || var.translator == "google"
    error_message = "translation_quota caps Cloud Translation, and translator is ${var.translator}: set translator = \"google\" or leave the quota out."
  }
}

variable "translator" {
  description = "Name of the translator."
  type        = string

  validation {
    condition     = contains(["apertium", "auto", "ctranslate2", "google", "none"], var.translator) || can(regex("^[A-Za-z_][\\w.]*:[A-Za-z_]\\w*$", var.translator))
    error_message = "translator is ${var.translator}: set apertium, auto, ctranslate2, google, none or package.module:Class."
  }
}

variable "uploads_bucket" {
  description = "Name of the uploads bucket, or null."
  type        = string
}
