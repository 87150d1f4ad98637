# Log-based metrics read the canonical log line of pipeline/telemetry.py. A test compares the
# event and field names here with those declared there.
locals {
  events = {
    characters_billed = { event = "delivery", value = "characters_billed", unit = "{character}", labels = [] }
    dead_letters      = { event = "dead_letter", value = null, unit = "1", labels = ["code"] }
    deliveries        = { event = "delivery", value = null, unit = "1", labels = ["disposition", "code"] }
    memory_high       = { event = "memory_high", value = null, unit = "1", labels = [] }
    ocr_ms            = { event = "delivery", value = "timings_ms.ocr", unit = "ms", labels = [] }
    total_ms          = { event = "delivery", value = "timings_ms.total", unit = "ms", labels = [] }
    translate_ms      = { event = "delivery", value = "timings_ms.translate", unit = "ms", labels = [] }
    vcpu_seconds      = { event = "delivery", value = "vcpu_seconds", unit = "s", labels = [] }
  }

  # PromQL's spelling of `logging.googleapis.com/user/NAME`: other characters become `_`.
  metric = { for key, _ in local.events : key => "logging_googleapis_com:user_${replace(var.name, "-", "_")}_${key}" }

  # Cloud Run's name for the type of the subscriber, and the label that holds its name.
  runs = {
    push = { type = "cloud_run_revision", label = "service_name" }
    pull = { type = "cloud_run_worker_pool", label = "worker_pool_name" }
  }[var.delivery]
  own_logs = "(resource.labels.service_name:\"${var.name}\" OR resource.labels.worker_pool_name:\"${var.name}\")"

  # A metric that several types of resource write is refused without the type.
  logs        = "monitored_resource=\"${local.runs.type}\""
  letters     = "monitored_resource=\"cloud_run_revision\""
  subscriber  = "${local.logs},${local.runs.label}=\"${var.name}\""
  backlog     = "monitored_resource=\"pubsub_subscription\",subscription_id=~\"${google_pubsub_subscription.uploads.name}|${google_pubsub_subscription.dead_letters.name}\""
  given_up    = "monitored_resource=\"pubsub_subscription\",subscription_id=\"${google_pubsub_subscription.uploads.name}\""
  memory_p99  = "histogram_quantile(0.99, sum by (le) (increase(run_googleapis_com:container_memory_utilizations_bucket{${local.subscriber}}[5m])))"
  pushes      = "sum(increase(pubsub_googleapis_com:subscription_push_request_count{${local.backlog}}[10m]))"
  refused     = "sum(increase(pubsub_googleapis_com:subscription_push_request_count{${local.backlog},response_class!=\"ack\"}[10m]))"
  requests    = "sum(increase(run_googleapis_com:request_count{${local.subscriber}}[10m]))"
  failed      = "sum(increase(run_googleapis_com:request_count{${local.subscriber},response_code_class=\"5xx\"}[10m]))"
  backlog_age = "max by (subscription_id) (max_over_time(pubsub_googleapis_com:subscription_oldest_unacked_message_age{${local.backlog}}[5m]))"
  expired     = "sum(increase(pubsub_googleapis_com:subscription_expired_ack_deadlines_count{${local.given_up}}[10m]))"
  dead        = "sum(increase(pubsub_googleapis_com:subscription_dead_letter_message_count{${local.given_up}}[10m]))"

  # The cost of an image, from two fields of the canonical log line: Cloud Run's time and the
  # characters that a translator bills. Storage and logs, some 0.02 USD per 1,000 images, are left out.
  usd_per_vcpu_second = format("%.9f", var.prices.vcpu_second + var.prices.gib_second * var.memory_mb / 1024 / var.cpu)
  usd_per_character   = format("%.9f", var.prices.million_characters / 1000000)
  usd                 = "(sum(increase(${local.metric.vcpu_seconds}_sum{${local.logs}}[1h])) * ${local.usd_per_vcpu_second} + sum(increase(${local.metric.characters_billed}_sum{${local.logs}}[1h])) * ${local.usd_per_character})"
  outcomes            = "sum(increase(${local.metric.deliveries}{${local.logs},disposition=~\"done|failed\"}[1h]))"

  alert_channels = concat(var.alert_channels, values(google_monitoring_notification_channel.emails)[*].id)

  # Each delivery has its own signs of trouble: a pull has no requests, and a push has no lease.
  alerts = { for key, alert in local.all_alerts : key => alert if contains(alert.on, var.delivery) }

  # Only metrics of the platform: a policy on a log-based metric cannot be created in the same
  # apply as the metric, and stays silent if the program never started.
  all_alerts = {
    backlog_age = {
      on    = ["push", "pull"]
      title = "images wait too long"
      query = "${local.backlog_age} > ${var.alerts.backlog_age_seconds}"
      hold  = "300s"
      text  = "The oldest image has waited more than ${var.alerts.backlog_age_seconds} s. Look at the subscriber's errors; raise max_instances if there are none."
    }
    dead_letters = {
      on    = ["push", "pull"]
      title = "images were given up"
      query = "${local.dead} > 0"
      hold  = "0s"
      text  = "Each failed delivery is in the logs under its object; the outcome document says `failed` and why. Once the cause is gone, announce these images again with the command of `terraform output redeliver` and --failed."
    }
    error_rate = {
      on    = ["push"]
      title = "deliveries fail"
      # One failure among few requests is no incident.
      query = "(${local.failed} / ${local.requests} > ${var.alerts.error_ratio}) and (${local.failed} >= 5)"
      hold  = "300s"
      text  = "Nothing is lost yet: Pub/Sub delivers again. Group the log lines with event=delivery by code."
    }
    memory = {
      on    = ["push", "pull"]
      title = "memory runs short"
      query = "${local.memory_p99} > ${var.alerts.memory_ratio}"
      hold  = "300s"
      text  = "Lower max_concurrent_ocr or raise memory_mb, then apply."
    }
    # The sign of workers that crash: an ended process keeps its leases until they expire.
    expired = {
      on    = ["pull"]
      title = "leases expire"
      query = "${local.expired} >= 20"
      hold  = "300s"
      text  = "Workers end in the middle of their deliveries, which then wait for their lease to end. Nothing is lost yet. Look for a crash or for memory in the logs of the worker pool."
    }
    # Cloud Run's refusals at max_instances are neither in the logs nor in run/request_count.
    refused = {
      on    = ["push"]
      title = "pushes are refused"
      query = "(${local.refused} / ${local.pushes} > ${var.alerts.refused_ratio}) and (${local.refused} >= 20)"
      hold  = "900s"
      text  = "More images arrive than the instances take: the output `capacity` shows how many they take. Raise max_instances or peak_load. Each refusal is one of an image's ${var.max_delivery_attempts} attempts. If the chart `Pushes by answer` shows 401 or 403, the invoker's grant is missing."
    }
  }

  charts = [
    { title = "Deliveries by disposition, per minute", unit = "1", query = "sum by (disposition) (rate(${local.metric.deliveries}{${local.logs}}[5m])) * 60" },
    { title = "Deliveries by code, per minute", unit = "1", query = "sum by (code) (rate(${local.metric.deliveries}{${local.logs},code!=\"\"}[5m])) * 60" },
    { title = "Age of the oldest message", unit = "s", query = local.backlog_age },
    { title = "Messages waiting", unit = "1", query = "sum by (subscription_id) (pubsub_googleapis_com:subscription_num_undelivered_messages{${local.backlog}})" },
    { title = "Pushes by answer, per minute", unit = "1", query = "sum by (response_class, response_code) (rate(pubsub_googleapis_com:subscription_push_request_count{${local.backlog}}[5m])) * 60" },
    { title = "Pushes refused", unit = "1", query = local.refused },
    { title = "Recognition, 95th percentile", unit = "ms", query = "histogram_quantile(0.95, sum by (le) (rate(${local.metric.ocr_ms}_bucket{${local.logs}}[5m])))" },
    { title = "Translation, 95th percentile", unit = "ms", query = "histogram_quantile(0.95, sum by (le) (rate(${local.metric.translate_ms}_bucket{${local.logs}}[5m])))" },
    { title = "Whole delivery, median", unit = "ms", query = "histogram_quantile(0.5, sum by (le) (rate(${local.metric.total_ms}_bucket{${local.logs}}[5m])))" },
    { title = "Memory as a share of the limit, 99th percentile", unit = "1", query = local.memory_p99 },
    { title = "Warnings of memory past 85 %", unit = "1", query = "sum(increase(${local.metric.memory_high}{${local.logs}}[10m]))" },
    { title = "Given up by Pub/Sub", unit = "1", query = local.dead },
    { title = "Leases that expired", unit = "1", query = local.expired },
    { title = "Filed as failed, by code", unit = "1", query = "sum by (code) (increase(${local.metric.dead_letters}{${local.letters}}[10m]))" },
    { title = "Characters billed, per hour", unit = "1", query = "sum(increase(${local.metric.characters_billed}_sum{${local.logs}}[1h]))" },
    { title = "USD per 1,000 images", unit = "1", query = "1000 * ${local.usd} / ${local.outcomes}" },
    { title = "Instances", unit = "1", query = "sum by (state) (run_googleapis_com:container_instance_count{${local.subscriber}})" },
  ]
}

resource "google_logging_metric" "events" {
  for_each = local.events

  name            = "${var.name}/${each.key}"
  filter          = "${local.own_logs} jsonPayload.event=\"${each.value.event}\""
  value_extractor = each.value.value == null ? null : "EXTRACT(jsonPayload.${each.value.value})"
  label_extractors = {
    for label in each.value.labels : label => "EXTRACT(jsonPayload.${label})"
  }

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = each.value.value == null ? "INT64" : "DISTRIBUTION"
    unit        = each.value.unit

    dynamic "labels" {
      for_each = each.value.labels
      content {
        key        = labels.value
        value_type = "STRING"
      }
    }
  }

  # Buckets from 1 to about 10 million, each 30 % wider than the previous one.
  dynamic "bucket_options" {
    for_each = each.value.value[*]
    content {
      exponential_buckets {
        num_finite_buckets = 62
        growth_factor      = 1.3
        scale              = 1
      }
    }
  }

  depends_on = [google_project_service.apis]
}

resource "google_monitoring_notification_channel" "emails" {
  for_each = toset(var.alert_emails)

  display_name = "${var.name}: ${each.value}"
  type         = "email"
  labels       = { email_address = each.value }

  depends_on = [google_project_service.apis]
}

check "somebody_is_alerted" {
  assert {
    condition     = length(var.alert_emails) + length(var.alert_channels) > 0
    error_message = "The alerts reach no person: set alert_emails or alert_channels."
  }
}

resource "google_monitoring_alert_policy" "alerts" {
  for_each = local.alerts

  display_name          = "${var.name}: ${each.value.title}"
  combiner              = "OR"
  notification_channels = local.alert_channels

  conditions {
    display_name = each.value.title

    condition_prometheus_query_language {
      query               = each.value.query
      duration            = each.value.hold
      evaluation_interval = "60s"
      # Otherwise the policy is refused while the metric has no points yet.
      disable_metric_validation = true
    }
  }

  documentation {
    content = each.value.text
  }

  depends_on = [google_project_service.apis]
}

# From the platform's log, because a process that ran out of memory wrote nothing.
resource "google_monitoring_alert_policy" "out_of_memory" {
  display_name          = "${var.name}: an instance was killed for memory"
  combiner              = "OR"
  notification_channels = local.alert_channels

  conditions {
    display_name = "killed for memory"

    condition_matched_log {
      filter = "${local.own_logs} log_id(\"run.googleapis.com/varlog/system\") textPayload:(\"Memory limit of\" OR \"too much memory\")"
    }
  }

  alert_strategy {
    auto_close = "86400s"

    notification_rate_limit {
      period = "3600s"
    }
  }

  documentation {
    content = "This must never happen. The images in work are delivered again; lower max_concurrent_ocr or raise memory_mb, and report the image sizes."
  }

  depends_on = [google_project_service.apis]
}

resource "google_monitoring_dashboard" "overview" {
  dashboard_json = jsonencode({
    displayName = var.name
    mosaicLayout = {
      columns = 12
      tiles = [
        for index, chart in local.charts : merge(
          # Google leaves out a position of 0, which would be a difference in every plan.
          { for key, value in { xPos = index % 2 * 6, yPos = floor(index / 2) * 4 } : key => value if value > 0 },
          {
            width  = 6
            height = 4
            widget = {
              title = chart.title
              xyChart = {
                dataSets = [{
                  plotType = "LINE"
                  timeSeriesQuery = {
                    prometheusQuery = chart.query
                    unitOverride    = chart.unit
                  }
                }]
              }
            }
          },
        )
      ]
    }
  })

  depends_on = [google_logging_metric.events]
}
