terraform {
  # In earlier releases, validations cannot compare variables.
  required_version = ">= 1.9, < 2"

  required_providers {
    # The checks know the schema of 8.7. A lock file needs the registry's hashes, so none is
    # shipped: `terraform init` writes .terraform.lock.hcl, and a team commits it.
    google = {
      source  = "hashicorp/google"
      version = "~> 8.7"
    }
    time = {
      source  = "hashicorp/time"
      version = ">= 0.12, < 1"
    }
  }
}

provider "google" {
  project        = var.project_id
  region         = var.region
  default_labels = merge({ app = var.name }, var.labels)
}
