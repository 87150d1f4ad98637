# Included by the Makefile. Everything about the image and the infrastructure.
IMAGE ?= image-translation
CONTAINERS ?= $(shell docker info >/dev/null 2>&1 && echo docker || echo podman)
# podman keeps HEALTHCHECK only in Docker's format, and docker knows no other. On an ARM machine
# both would build for ARM, which Cloud Run does not run.
BUILD_OPTIONS ?= $(if $(filter podman,$(CONTAINERS)),--format docker --network host) \
                 $(if $(filter x86_64,$(shell uname -m)),,--platform linux/amd64)
TAG = $(shell git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)
INFRA_BIN := build/infra/bin
TERRAFORM := terraform -chdir=infra
# Terraform's files show their changes in the plan, and `terraform init` writes the lock file.
NOT_IN_IMAGE := . ':!infra/*.tf' ':!infra/.terraform.lock.hcl'

.PHONY: image image-paddle image-test infra-check infra-lock plan deploy

image: ## Build the container image (docker or podman)
	$(CONTAINERS) build $(BUILD_OPTIONS) --tag $(IMAGE) \
	  --build-arg REVISION=$(TAG) .

image-paddle: ## The same with the Paddle engine
	$(CONTAINERS) build $(BUILD_OPTIONS) --tag $(IMAGE):paddle --build-arg ENGINE=paddle .

image-test: .venv/.ready ## Run the image on the samples within 2 GiB and within 1 GiB
	IMAGE=$(IMAGE) $(BIN)/python -m pytest tests/image

infra-check: .venv/.ready build/infra/.ready ## Terraform, Dockerfile and workflows: no account, no network
	@command -v terraform >/dev/null || { \
	  echo "terraform is missing: https://developer.hashicorp.com/terraform/install"; exit 1; }
	terraform fmt -check -recursive infra
	terraform -chdir=infra/rules init -backend=false -input=false >/dev/null
	terraform -chdir=infra/rules test
	$(BIN)/python -m pytest tests/infra
	$(INFRA_BIN)/checkov --directory infra --framework terraform --skip-download --quiet --compact
	$(INFRA_BIN)/checkov --file Dockerfile --framework dockerfile --skip-download --quiet --compact
	$(INFRA_BIN)/checkov --directory .github --framework github_actions --skip-download --quiet --compact
	$(INFRA_BIN)/hadolint Dockerfile

infra-lock: ## Resolve the image's packages and the tools of infra-check again (needs uv)
	$(UV_COMPILE) --extra build --extra exports --extra google --extra traces -c requirements-dev.lock -o infra/requirements-image.lock
	$(subst pyproject.toml,infra/requirements-tools.in,$(UV_COMPILE)) -o infra/requirements-tools.lock

build/infra/.ready: infra/requirements-tools.lock
	$(PYTHON) -m venv build/infra
	$(INFRA_BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# These three talk to Google Cloud, with the credentials of whoever runs them.
infra/.terraform: infra/versions.tf
	$(TERRAFORM) init -input=false
	@touch $@

plan: infra/.terraform ## What `make deploy` would change (needs credentials and an image)
	$(TERRAFORM) plan

# The digest is recorded, because a tag that is pushed again would be no change for Terraform.
deploy: infra/.terraform ## Build, push and deploy what is committed (needs credentials)
	@test -z "$$(git status --porcelain -- $(NOT_IN_IMAGE))" || { \
	  echo "some changes are not committed: commit or stash them, so that the image is that of a commit"; \
	  exit 1; }
	$(TERRAFORM) apply -auto-approve -var image=none:yet \
	  -target=google_artifact_registry_repository.images
	repository=$$($(TERRAFORM) output -raw image_repository) \
	  && $(MAKE) image IMAGE=$$repository:$(TAG) \
	  && $(CONTAINERS) push $$repository:$(TAG) \
	  && image=$$(gcloud artifacts docker images describe $$repository:$(TAG) \
	       --format='value(image_summary.fully_qualified_digest)') \
	  && echo "image = \"$$image\" # commit $(TAG)" >infra/image.auto.tfvars
	$(TERRAFORM) apply
	@echo "upload with:  $$($(TERRAFORM) output -raw upload)"
	@echo "read with:    $$($(TERRAFORM) output -raw read)"
