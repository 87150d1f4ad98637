# Names and validation rules. Without a provider, so that `terraform test` runs them anywhere.

locals {
  # Planning figures: the memory of an idle instance with gunicorn's master and the files in /tmp,
  # which Cloud Run keeps in memory, and of each recognition at its peak. They
  # only refuse a plan with too little memory; the program itself admits recognitions by the
  # measured figures of pipeline/ocr/memory_estimate.py.
  resident_mb     = 400 + 100 * var.cpu # each core has an inference request of its own
  slot_mb         = 50
  memory_floor_mb = local.resident_mb + local.slot_mb * var.max_concurrent_ocr

  # The share of its instances' CPU at which Cloud Run starts another one.
  utilization = 0.6

  instances_for_peak = ceil(var.peak_load.images_per_second * var.peak_load.cpu_seconds_per_image / (var.cpu * local.utilization))
  max_instances      = coalesce(var.max_instances, local.instances_for_peak)
  # A worker pool scales by its own CPU, so one instance must be there to be measured.
  min_instances     = var.delivery == "pull" ? max(1, var.min_instances) : var.min_instances
  images_per_second = local.max_instances * var.cpu * local.utilization / var.peak_load.cpu_seconds_per_image

  # Pub/Sub doubles the wait after each attempt, from the minimum to the maximum.
  backoff_seconds = { minimum = 10, maximum = 600 }
  backoff_hours = sum([
    for attempt in range(var.max_delivery_attempts - 1) :
    min(local.backoff_seconds.minimum * pow(2, attempt), local.backoff_seconds.maximum)
  ]) / 3600

  # It loads no models; 512 MiB is the minimum of Cloud Run's second generation.
  dead_letter_memory_mb = 512

  # Holds the decoded pixels of a PNG of 90 megapixels, and the downloads that wait.
  review_memory_mb = 1024

  # Cloud Run's minimum and maximum of MiB for each number of vCPUs.
  memory_minimum_mb = { "1" = 512, "2" = 512, "4" = 2048, "6" = 4096, "8" = 4096 }
  memory_ceiling_mb = { "1" = 4096, "2" = 8192, "4" = 16384, "6" = 24576, "8" = 32768 }

  # A delivery ends itself before Cloud Run ends the request, so that it can log the reason.
  # Pub/Sub waits as long as Cloud Run.
  delivery_deadline_seconds = 540
  request_timeout_seconds   = 600

  uploads_bucket = coalesce(var.uploads_bucket, "${var.project_id}-${var.name}-uploads")
  results_bucket = coalesce(var.results_bucket, "${var.project_id}-${var.name}-results")
  results_topic  = "${var.name}-outcomes"

  # Settings that Terraform decides; var.settings may set the others.
  environment = merge(
    {
      DELIVERY_DEADLINE_SECONDS = tostring(local.delivery_deadline_seconds)
      GOOGLE_CLOUD_PROJECT      = var.project_id # log lines name the project of their trace
      MAX_CONCURRENT_OCR        = tostring(var.max_concurrent_ocr)
      MAX_CONCURRENT_REQUESTS   = tostring(var.max_concurrent_requests)
      MAX_WORKER_THREADS        = tostring(var.max_concurrent_ocr)
      RESULTS_BUCKET            = local.results_bucket
      SOURCE_LANGUAGE           = var.source_language
      TARGET_LANGUAGES          = join(",", var.target_languages)
      TRANSLATOR                = var.translator
      UPLOADS_BUCKET            = local.uploads_bucket
    },
    # Texts are sent to Cloud Translation, and billed, only if it was chosen.
    var.translator == "google" ? { TRANSLATOR_PROJECT = var.project_id } : {},
    var.notify ? { RESULTS_TOPIC = "projects/${var.project_id}/topics/${local.results_topic}" } : {},
  )

  further_settings = [
    "EXPORTS",
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
    "OCR_PRECISION",
    "TRANSLATION_MEMORY",
    "RENDER",
    "PDF_DPI",
    "PDF_TEXT",
    "TRANSLATION_MODEL_DIR",
  ]

  language_tag = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
  bucket_name  = "^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$"
}
