# Names and rules, without a provider: `terraform test` runs them anywhere.

locals {
  # An instance's memory: what stays resident, and what each recognition adds at its
  # peak. docs/decisions.md has the measurements; nothing else repeats the numbers.
  resident_mb     = 450
  slot_mb         = 350
  memory_floor_mb = local.resident_mb + local.slot_mb * var.max_concurrent_ocr

  # Loads no models; 512 MiB is the least Cloud Run's second generation takes.
  dead_letter_memory_mb = 512

  # Cloud Run's own table: most MiB that go with so many vCPUs.
  memory_ceiling_mb = { "1" = 4096, "2" = 8192, "4" = 16384, "6" = 24576, "8" = 32768 }

  # A delivery gives up before Cloud Run cuts it off, so that it can say why, and
  # Pub/Sub waits as long as Cloud Run lets it run.
  delivery_deadline_seconds = 540
  request_timeout_seconds   = 600

  uploads_bucket = coalesce(var.uploads_bucket, "${var.project_id}-${var.name}-uploads")
  results_bucket = coalesce(var.results_bucket, "${var.project_id}-${var.name}-results")

  # What Terraform decides; var.settings may name the others.
  environment = merge(
    {
      DELIVERY_DEADLINE_SECONDS = tostring(local.delivery_deadline_seconds)
      MAX_CONCURRENT_OCR        = tostring(var.max_concurrent_ocr)
      MAX_CONCURRENT_REQUESTS   = tostring(var.max_concurrent_requests)
      MAX_WORKER_THREADS        = tostring(var.max_concurrent_ocr)
      RESULTS_BUCKET            = local.results_bucket
      SOURCE_LANGUAGE           = var.source_language
      TARGET_LANGUAGES          = join(",", var.target_languages)
      TRANSLATOR                = var.translator
      UPLOADS_BUCKET            = local.uploads_bucket
    },
    # Texts leave for Cloud Translation, and are billed, only where that was asked for.
    var.translator == "google" ? { TRANSLATOR_PROJECT = var.project_id } : {},
  )

  further_settings = [
    "GLOSSARY",
    "GOOGLE_TRANSLATE_ENDPOINT",
    "GOOGLE_TRANSLATE_GLOSSARY",
    "GOOGLE_TRANSLATE_LOCATION",
    "GOOGLE_TRANSLATE_MODEL",
    "LOG_TEXT",
    "MAX_CHARACTERS_PER_DAY",
    "MAX_CHARACTERS_PER_IMAGE",
    "MAX_IMAGE_BYTES",
    "MAX_IMAGE_PIXELS",
    "MAX_PAGES",
    "OCR_ENGINE",
    "OCR_MAX_SIDE",
    "TRANSLATION_MODEL_DIR",
  ]

  language_tag = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
  bucket_name  = "^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$"
}
