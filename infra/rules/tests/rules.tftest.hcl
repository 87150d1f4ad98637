# The defaults of the root module, and every rule broken once.

variables {
  alert_emails            = []
  alerts                  = { backlog_age_seconds = 1800, error_ratio = 0.05, memory_ratio = 0.85, refused_ratio = 0.5 }
  analytics               = null
  backfill_tasks          = 4
  budget                  = null
  cpu                     = 2
  delivery                = "push"
  image                   = "europe-west1-docker.pkg.dev/my-project/images/image-translation:1"
  kms_key                 = null
  max_concurrent_ocr      = 3
  max_concurrent_requests = 4
  max_delivery_attempts   = 100
  max_instances           = null
  memory_mb               = 2048
  min_instances           = 0
  name                    = "image-translation"
  notify                  = false
  peak_load               = { cpu_seconds_per_image = 1.5, images_per_second = 4 }
  prices                  = { gib_second = 0.0000025, million_characters = 20, vcpu_second = 0.000024 }
  project_id              = "my-project"
  redeliver_schedule      = null
  region                  = "europe-west1"
  results_bucket          = null
  retention               = { replaced_results_days = 30, soft_delete_days = 7, uploads_days = null }
  review                  = null
  settings                = {}
  source_language         = "auto"
  target_languages        = ["en"]
  translation_quota       = null
  translator              = "apertium"
  uploads_bucket          = null
}

run "defaults_are_accepted" {
  command = plan

  assert {
    condition     = output.uploads_bucket == "my-project-image-translation-uploads"
    error_message = "The uploads bucket is named after project and name."
  }
  assert {
    condition     = output.results_bucket == "my-project-image-translation-results"
    error_message = "The results bucket is named after project and name."
  }
  assert {
    condition     = output.subscriber_environment.FUNCTION_TARGET == "push"
    error_message = "The subscriber runs the push target."
  }
  assert {
    condition     = output.dead_letter_environment.FUNCTION_TARGET == "dead_letter"
    error_message = "The dead-letter service runs the dead_letter target."
  }
  assert {
    condition     = output.subscriber_environment.MAX_WORKER_THREADS == output.subscriber_environment.MAX_CONCURRENT_OCR
    error_message = "There are as many OCR threads as slots."
  }
  assert {
    condition     = strcontains(output.attempts, "100 deliveries take 15.7 hours")
    error_message = "The output adds up the waits between the attempts: ${output.attempts}"
  }
  assert {
    condition     = output.max_instances == 5
    error_message = "Four images a second of 1.5 CPU-seconds need five instances."
  }
  assert {
    condition     = tonumber(output.subscriber_environment.DELIVERY_DEADLINE_SECONDS) < output.request_timeout_seconds
    error_message = "A delivery gives up before Cloud Run cuts it off."
  }
}

run "pull_keeps_an_instance" {
  command = plan
  variables {
    delivery = "pull"
  }
  assert {
    condition     = output.min_instances == 1
    error_message = "A worker pool scales by its own CPU: one instance stays."
  }
  assert {
    condition     = !contains(keys(output.subscriber_environment), "FUNCTION_TARGET")
    error_message = "A worker pool runs a command and no HTTP target."
  }
}

run "another_delivery_is_refused" {
  command = plan
  variables {
    delivery = "poll"
  }
  expect_failures = [var.delivery]
}

run "several_languages_are_joined" {
  command = plan
  variables {
    target_languages = ["en", "pt-BR"]
  }
  assert {
    condition     = output.subscriber_environment.TARGET_LANGUAGES == "en,pt-BR"
    error_message = "Languages are comma separated."
  }
}

run "a_setting_does_not_override_what_terraform_decides" {
  command = plan
  variables {
    settings = { MAX_PAGES = "5" }
  }
  assert {
    condition     = output.subscriber_environment.MAX_PAGES == "5" && output.subscriber_environment.MAX_CONCURRENT_OCR == "3"
    error_message = "Further settings join the environment."
  }
}

run "equal_buckets_are_refused" {
  command = plan
  variables {
    uploads_bucket = "one-bucket"
    results_bucket = "one-bucket"
  }
  expect_failures = [output.results_bucket]
}

run "a_bucket_equal_to_the_default_of_the_other_is_refused" {
  command = plan
  variables {
    results_bucket = "my-project-image-translation-uploads"
  }
  expect_failures = [output.results_bucket]
}

run "a_bucket_in_capitals_is_refused" {
  command = plan
  variables {
    uploads_bucket = "Uploads"
  }
  expect_failures = [output.uploads_bucket]
}

run "a_bucket_of_google_is_refused" {
  command = plan
  variables {
    results_bucket = "google-results"
  }
  expect_failures = [output.results_bucket]
}

run "the_review_page_recognises_nothing" {
  command = plan
  variables {
    review = { iap = true, members = ["group:team@example.org", "user:ana@example.org"] }
  }
  assert {
    condition     = output.review_environment.FUNCTION_TARGET == "review" && output.review_environment.MAX_CONCURRENT_OCR == "1"
    error_message = "The review page runs its target, with one slot that it does not use."
  }
}

run "a_review_page_for_nobody_is_refused" {
  command = plan
  variables {
    review = { iap = true, members = [] }
  }
  expect_failures = [var.review]
}

run "a_public_review_page_is_refused" {
  command = plan
  variables {
    review = { iap = false, members = ["user:ana@example.org", "allUsers"] }
  }
  expect_failures = [var.review]
}

run "a_review_page_for_all_accounts_is_refused" {
  command = plan
  variables {
    review = { iap = false, members = ["allAuthenticatedUsers"] }
  }
  expect_failures = [var.review]
}

run "fewer_requests_than_slots_are_refused" {
  command = plan
  variables {
    max_concurrent_requests = 2
  }
  expect_failures = [var.max_concurrent_requests]
}

run "more_requests_than_twice_the_slots_are_refused" {
  command = plan
  variables {
    max_concurrent_requests = 7
  }
  expect_failures = [var.max_concurrent_requests]
}

run "no_slots_are_refused" {
  command = plan
  variables {
    max_concurrent_ocr = 0
  }
  expect_failures = [var.max_concurrent_ocr]
}

run "half_a_slot_is_refused" {
  command = plan
  variables {
    max_concurrent_ocr = 1.5
  }
  expect_failures = [var.max_concurrent_ocr]
}

run "less_memory_than_the_slots_need_is_refused" {
  command = plan
  variables {
    memory_mb = 740
  }
  expect_failures = [var.memory_mb]
}

run "one_slot_runs_in_one_gibibyte" {
  command = plan
  variables {
    max_concurrent_ocr      = 1
    max_concurrent_requests = 2
    memory_mb               = 1024
  }
}

run "more_memory_than_the_cpus_may_have_is_refused" {
  command = plan
  variables {
    cpu       = 1
    memory_mb = 8192
  }
  expect_failures = [var.memory_mb]
}

run "less_memory_than_four_cpus_must_have_is_refused" {
  command = plan
  variables {
    cpu                     = 4
    max_concurrent_ocr      = 2
    max_concurrent_requests = 4
    memory_mb               = 1536
  }
  expect_failures = [var.memory_mb]
}

run "less_memory_than_eight_cpus_must_have_is_refused" {
  command = plan
  variables {
    cpu       = 8
    memory_mb = 3072
  }
  expect_failures = [var.memory_mb]
}

run "instances_are_computed_from_the_peak" {
  command = plan
  variables {
    peak_load = { cpu_seconds_per_image = 1, images_per_second = 30 }
  }
  assert {
    condition     = output.max_instances == 25
    error_message = "30 images of one CPU-second need 25 instances of two vCPUs that are busy for 60 %."
  }
  assert {
    condition     = startswith(output.capacity, "25 instances x 2 vCPU x 0.6 / 1.00 CPU-seconds an image = 30.0 images a second")
    error_message = "The capacity shows the sum: ${output.capacity}"
  }
}

run "a_number_of_instances_that_is_set_stays" {
  command = plan
  variables {
    max_instances = 3
  }
  assert {
    condition     = output.max_instances == 3 && strcontains(output.capacity, "= 2.4 images a second, and 4.0 are the peak")
    error_message = "The capacity shows how many images three instances take: ${output.capacity}"
  }
}

run "a_peak_of_nothing_is_refused" {
  command = plan
  variables {
    peak_load = { cpu_seconds_per_image = 1.5, images_per_second = 0 }
  }
  expect_failures = [var.peak_load]
}

run "twenty_attempts_do_not_outlast_a_night" {
  command = plan
  variables {
    max_delivery_attempts = 20
  }
  assert {
    condition     = strcontains(output.attempts, "20 deliveries take 2.3 hours")
    error_message = "The output adds up the waits between the attempts: ${output.attempts}"
  }
}

run "an_address_without_a_domain_is_refused" {
  command = plan
  variables {
    alert_emails = ["operators"]
  }
  expect_failures = [var.alert_emails]
}

run "a_share_of_refusals_past_one_is_refused" {
  command = plan
  variables {
    alerts = { backlog_age_seconds = 1800, error_ratio = 0.05, memory_ratio = 0.85, refused_ratio = 50 }
  }
  expect_failures = [var.alerts]
}

run "three_cpus_are_refused" {
  command = plan
  variables {
    cpu = 3
  }
  expect_failures = [var.cpu]
}

run "too_few_attempts_are_refused" {
  command = plan
  variables {
    max_delivery_attempts = 4
  }
  expect_failures = [var.max_delivery_attempts]
}

run "too_many_attempts_are_refused" {
  command = plan
  variables {
    max_delivery_attempts = 101
  }
  expect_failures = [var.max_delivery_attempts]
}

run "a_zone_is_refused" {
  command = plan
  variables {
    region = "europe-west1-b"
  }
  expect_failures = [var.region]
}

run "a_multi_region_is_refused" {
  command = plan
  variables {
    region = "EU"
  }
  expect_failures = [var.region]
}

run "a_key_of_another_region_is_refused" {
  command = plan
  variables {
    kms_key = "projects/my-project/locations/us-central1/keyRings/ring/cryptoKeys/key"
  }
  expect_failures = [var.kms_key]
}

run "the_latest_image_is_refused" {
  command = plan
  variables {
    image = "europe-west1-docker.pkg.dev/my-project/images/image-translation:latest"
  }
  expect_failures = [var.image]
}

run "an_image_without_a_tag_is_refused" {
  command = plan
  variables {
    image = "europe-west1-docker.pkg.dev/my-project/images/image-translation"
  }
  expect_failures = [var.image]
}

run "a_digest_is_accepted" {
  command = plan
  variables {
    image = "europe-west1-docker.pkg.dev/p/images/image-translation@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  }
}

run "more_warm_instances_than_instances_are_refused" {
  command = plan
  variables {
    min_instances = 6
  }
  expect_failures = [var.min_instances]
}

run "no_instances_are_refused" {
  command = plan
  variables {
    max_instances = 0
  }
  expect_failures = [var.max_instances]
}

run "a_name_too_long_for_a_service_account_is_refused" {
  command = plan
  variables {
    name = "image-translation-of-menus"
  }
  expect_failures = [var.name]
}

run "a_project_number_is_refused" {
  command = plan
  variables {
    project_id = "123456789"
  }
  expect_failures = [var.project_id]
}

run "uploads_deleted_before_the_last_attempt_are_refused" {
  command = plan
  variables {
    retention = { replaced_results_days = 30, soft_delete_days = 7, uploads_days = 7 }
  }
  expect_failures = [var.retention]
}

run "a_soft_delete_cloud_storage_does_not_offer_is_refused" {
  command = plan
  variables {
    retention = { replaced_results_days = 30, soft_delete_days = 3, uploads_days = null }
  }
  expect_failures = [var.retention]
}

run "an_unknown_setting_is_refused" {
  command = plan
  variables {
    settings = { MAX_PAGE = "5" }
  }
  expect_failures = [var.settings]
}

run "a_setting_that_is_a_variable_is_refused" {
  command = plan
  variables {
    settings = { MAX_CONCURRENT_OCR = "9" }
  }
  expect_failures = [var.settings]
}

run "a_language_by_its_name_is_refused" {
  command = plan
  variables {
    target_languages = ["English"]
  }
  expect_failures = [var.target_languages]
}

run "no_language_is_refused" {
  command = plan
  variables {
    target_languages = []
  }
  expect_failures = [var.target_languages]
}

run "a_source_language_that_is_no_tag_is_refused" {
  command = plan
  variables {
    source_language = "any language"
  }
  expect_failures = [var.source_language]
}

run "an_unknown_translator_is_refused" {
  command = plan
  variables {
    translator = "deepl"
  }
  expect_failures = [var.translator]
}

run "a_ratio_past_one_is_refused" {
  command = plan
  variables {
    alerts = { backlog_age_seconds = 1800, error_ratio = 5, memory_ratio = 0.85, refused_ratio = 0.5 }
  }
  expect_failures = [var.alerts]
}

run "an_alert_within_a_delivery_is_refused" {
  command = plan
  variables {
    alerts = { backlog_age_seconds = 5, error_ratio = 0.05, memory_ratio = 0.85, refused_ratio = 0.5 }
  }
  expect_failures = [var.alerts]
}

run "a_quota_without_cloud_translation_is_refused" {
  command = plan
  variables {
    translation_quota = { characters_per_day = 1000000, quota_id = "DefaultPerDayPerProject" }
  }
  expect_failures = [var.translation_quota]
}

run "a_schedule_that_is_no_cron_is_refused" {
  command = plan
  variables {
    redeliver_schedule = "every night"
  }
  expect_failures = [var.redeliver_schedule]
}

run "too_many_tasks_are_refused" {
  command = plan
  variables {
    backfill_tasks = 10001
  }
  expect_failures = [var.backfill_tasks]
}

run "announcements_go_to_the_topic_of_the_name" {
  command = plan
  variables {
    notify    = true
    analytics = { dataset = "outcomes" }
  }
  assert {
    condition     = output.subscriber_environment.RESULTS_TOPIC == "projects/my-project/topics/image-translation-outcomes" && output.dead_letter_environment.RESULTS_TOPIC == output.subscriber_environment.RESULTS_TOPIC
    error_message = "Both services announce to the same topic."
  }
}

run "without_notify_nothing_is_announced" {
  command = plan
  assert {
    condition     = !contains(keys(output.subscriber_environment), "RESULTS_TOPIC")
    error_message = "There is no topic."
  }
}

run "analytics_without_announcements_is_refused" {
  command = plan
  variables {
    analytics = { dataset = "outcomes" }
  }
  expect_failures = [var.analytics]
}

run "a_dataset_with_a_dash_is_refused" {
  command = plan
  variables {
    notify    = true
    analytics = { dataset = "my-outcomes" }
  }
  expect_failures = [var.analytics]
}

run "a_budget_of_no_billing_account_is_refused" {
  command = plan
  variables {
    budget = { billing_account = "my-account", currency = "USD", monthly = 100 }
  }
  expect_failures = [var.budget]
}

run "a_budget_of_nothing_is_refused" {
  command = plan
  variables {
    budget = { billing_account = "012345-6789AB-CDEF01", currency = "USD", monthly = 0 }
  }
  expect_failures = [var.budget]
}

run "a_budget_in_an_unknown_form_of_currency_is_refused" {
  command = plan
  variables {
    budget = { billing_account = "012345-6789AB-CDEF01", currency = "dollars", monthly = 100 }
  }
  expect_failures = [var.budget]
}

run "a_negative_price_is_refused" {
  command = plan
  variables {
    prices = { gib_second = 0, million_characters = -1, vcpu_second = 0 }
  }
  expect_failures = [var.prices]
}

run "the_variables_of_opentelemetry_are_settings" {
  command = plan
  variables {
    settings = { OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:4318" }
  }
  assert {
    condition     = output.subscriber_environment.OTEL_EXPORTER_OTLP_ENDPOINT == "http://127.0.0.1:4318"
    error_message = "They are passed on."
  }
}
