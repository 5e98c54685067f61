# Every command of the project: `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
TOOLS := .venv-tools/bin
STACK := $(BIN)/python -m infra.local
OPERATE := $(BIN)/python -m infra.operate
CHECKED := functions layers infra tests
export SAM_CLI_TELEMETRY := 0
# Else each of the many processes that tests start compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE
# Settings given as `make up PORT=9000` reach the commands as environment variables by themselves.

##@ Run it
.PHONY: up down clean dev admin erase outputs logs inbox redrive
up: install ## Start everything: embedded AWS, deployment, front door, demo data (PORT=8000)
	@$(STACK) up
down: ## Stop it; the state is kept for the next `make up`
	@[ ! -x $(BIN)/python ] || $(STACK) down
clean: ## Stop it and forget its state and the builds
	@if [ -x $(BIN)/python ]; then $(STACK) clean; else rm -rf .local .aws-sam; fi
dev: install ## Serve the same routers under uvicorn with reload, against the running stack's tables (DEV_PORT=8001)
	@$(STACK) dev
admin: install ## Make an admin where the environment points, else on the embedded stack: EMAIL=… [PASSWORD=…]
	@[ -n "$(EMAIL)" ] || { echo 'error: say whom: make admin EMAIL=someone@example.com' >&2; exit 1; }
	@$(OPERATE) admin "$$EMAIL" $${PASSWORD:+"$$PASSWORD"}
erase: install ## Erase a person who has asked for it, where the environment points, else on the embedded stack: EMAIL=…
	@[ -n "$(EMAIL)" ] || { echo 'error: say whom: make erase EMAIL=someone@example.com' >&2; exit 1; }
	@$(OPERATE) erase "$$EMAIL"
outputs: install ## Print the running stack's outputs and variables
	@$(STACK) outputs
inbox: install ## Print the mail that the embedded AWS has taken (it sends none): needs `make up MAIL_SENDER=…`
	@$(STACK) inbox
redrive: install ## Give what lies in the dead-letter queue another try: where the environment points, else embedded
	@$(OPERATE) redrive
logs: install ## Print what the functions logged in the last minutes: [FUNCTION=part-of-its-name] [MINUTES=10]
	@$(STACK) logs --function "$(FUNCTION)" --minutes "$(or $(MINUTES),10)"

##@ Check it
.PHONY: test browser test-web screenshots test-unit test-integration test-checkers test-e2e interleavings consistency mutants bench bench-check smoke
.PHONY: lint style types imports template workflows format
PARALLEL := --numprocesses auto --dist worksteal
test: install ## Run all tests that need no Docker, with coverage
	@COVERAGE_CORE=sysmon $(BIN)/pytest $(PARALLEL) --cov --cov-report=term tests/unit tests/integration
	@$(MAKE) test-checkers test-e2e
test-unit: install ## Run the tests of pure rules and of how the parts fit
	@$(BIN)/pytest $(PARALLEL) tests/unit
test-integration: install ## Run the tests against moto
	@$(BIN)/pytest $(PARALLEL) tests/integration
test-checkers: install ## Run the orders of store calls that meet most, and the tests of `make consistency` and `make mutants`
	@$(BIN)/pytest tests/consistency tests/mutants tests/interleavings
test-e2e: install ## Run the tests against stacks of their own, over HTTP, IAM enforced
	@$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder tests/e2e
browser: install ## Install a Chromium for the tests of the pages if there is none: Debian's as root, else Playwright's own
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update --quiet=2 && apt-get install --yes --quiet=2 chromium; } || $(BIN)/playwright install --with-deps chromium
test-web: install ## Run the tests of the pages in Chromium, against a stack of their own
	@$(BIN)/pytest tests/web
screenshots: install ## Take pictures of every page of the stack that is up (.local/screenshots), those of the README into docs
	@SCREENSHOTS_URL="$(or $(URL),http://localhost:$(or $(PORT),8000))" $(BIN)/python -m tests.web.screenshots
interleavings: install ## Run every order of the store calls of every two operations there are, faults on (`make test` runs a part)
	@INTERLEAVINGS=all $(BIN)/pytest tests/interleavings --timeout 7200
consistency: install ## Prove the guarantees under parallel clients: [SECONDS=60] [CLIENTS=16] [FAULTS=1] [SEED=n]; CHECK=FILE: a run again
	@$(BIN)/python -m tests.consistency --seconds $(or $(SECONDS),60) --clients $(or $(CLIENTS),16) \
		$(if $(FAULTS),--faults) $(if $(SEED),--seed $(SEED)) $(if $(CHECK),--check "$(CHECK)")
mutants: install ## Change single points of the code and see whether a test notices: [COUNT=150] [SEED=n] [ONLY=part-of-a-path]
	@$(BIN)/python -m tests.mutants --count $(or $(COUNT),150) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY))
bench: build ## Measure cold starts, warm requests, cost, reads and lags, write docs/performance.md and docs/scale.md, name broken budgets
	@PYTHONPATH=functions:layers/booking:layers/pages $(BIN)/python -m tests.bench
bench-check: install ## Hold calls, units and items read to their budgets, without timing anything
	@PYTHONPATH=functions:layers/booking:layers/pages $(BIN)/python -m tests.bench.check
smoke: install ## Run SMOKE_CHECKLIST.md against any stack: [URL=https://…, else the embedded one]
	@SMOKE_URL="$(or $(URL),http://localhost:$(or $(PORT),8000))" $(BIN)/pytest tests/smoke \
		--quiet --no-header --no-summary --tb=line --disable-warnings --capture=no -p no:cacheprovider
security: ## Scan the templates for weaknesses (checkov, from an environment of its own)
	@python=$$(infra/find-python) && "$$python" infra/install.py .venv-security
	@LOG_LEVEL=ERROR .venv-security/bin/checkov --config-file .checkov.yaml
audit: ## Ask the package index for known vulnerabilities of every pinned package (pip-audit)
	@python=$$(infra/find-python) && "$$python" infra/install.py .venv-security
	@for pinned in layers/dependencies/requirements.txt requirements/*.txt; do .venv-security/bin/pip-audit \
		--disable-pip --progress-spinner off --requirement "$$pinned"; done
lint: style types imports template workflows ## Run every check that is not a test
style: install
	@$(BIN)/ruff check $(wildcard $(CHECKED))
	@$(BIN)/ruff format --check $(wildcard $(CHECKED))
types: install
	@$(BIN)/mypy $(wildcard $(CHECKED))
imports: install
	@PYTHONPATH=functions:layers/booking:layers/pages $(BIN)/lint-imports
template: install
	@$(TOOLS)/sam validate --lint --region us-east-1
	@$(TOOLS)/cfn-lint infra/monitoring.yaml infra/github-deploy.yaml
workflows: install
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.localstack.yml
	@$(BIN)/zizmor --offline --quiet --no-progress --strict-collection --persona=pedantic .github
format: install ## Rewrite the code in the project's format
	@$(BIN)/ruff check --fix-only --quiet $(wildcard $(CHECKED))
	@$(BIN)/ruff format $(wildcard $(CHECKED))

##@ Run it elsewhere (docs/places.md)
LOCALSTACK := docker compose --file docker-compose.localstack.yml
.PHONY: localstack-up localstack-deploy localstack-down test-localstack sam-local sam-invoke test-sam-local
localstack-up: ## Start LocalStack in Docker and wait until it is ready: [LOCALSTACK_PORT=4566]
	@$(LOCALSTACK) up --detach --wait
localstack-deploy: install ## Deploy template.yaml to the LocalStack at AWS_ENDPOINT_URL (http://127.0.0.1:4566)
	@$(BIN)/python -m infra.localstack
localstack-down: ## Stop LocalStack: [VOLUMES=1] forgets its volume, too
	@$(LOCALSTACK) down $(if $(VOLUMES),--volumes)
test-localstack: install ## Run the end-to-end and the table tests on that LocalStack, on a stack of their own
	@$(BIN)/python -m tests.localstack
sam-local: install ## Serve the API with `sam local`, in Docker, on the tables of the stack that is up (SAM_PORT=3000)
	@$(BIN)/python -m infra.sam_local
sam-invoke: install ## Invoke one function with its event in events/: FUNCTION=CreateBooking
	@[ -n "$(FUNCTION)" ] || { echo 'error: say which: make sam-invoke FUNCTION=GetHealth' >&2; exit 1; }
	@$(BIN)/python -m infra.sam_local "$(FUNCTION)"
test-sam-local: install ## Run the tests of `sam local`, on a stack of their own
	@docker version >/dev/null 2>&1 || { echo 'error: Docker does not answer, and `sam local` needs it: start it' >&2; exit 2; }
	@$(BIN)/pytest tests/sam_local

##@ Ship it
.PHONY: build deploy claim-slots rotate-key backup restore openapi
build: install ## Build functions and layers as they are deployed: [LAYER_PLATFORM=aarch64-manylinux_2_28]
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(TOOLS)/sam build
deploy: install ## Build for Lambda and deploy to AWS: ENV=staging|prod [PARAMETERS="Name=value …"] [DEPLOY_OPTIONS=…]
	@[ -n "$(ENV)" ] || { echo 'error: say where: make deploy ENV=staging' >&2; exit 1; }
	@$(OPERATE) deploy "$(ENV)" $(PARAMETERS) $(DEPLOY_OPTIONS)
claim-slots: install ## Once after an update to opening hours: slots opened before take their time: where the environment points
	@$(OPERATE) claim-slots
rotate-key: install ## Make a new signing key where the environment points; the current one becomes the previous: [NOW=1]
	@$(OPERATE) rotate-key $(if $(NOW),--now)
backup: install ## Copy all tables to a folder of JSON lines: [DIR=…] [SUFFIX=-restored]
	@$(OPERATE) backup "$(or $(DIR),.local/backups/$(shell date -u +%Y%m%dT%H%M%SZ))" --suffix="$(SUFFIX)"
restore: install ## Put a copy back into empty tables: DIR=… [OVERWRITE=1 deletes what came later; FROM=its-stack, if another]
	@[ -n "$(DIR)" ] || { echo 'error: say what: make restore DIR=.local/backups/…' >&2; exit 1; }
	@$(OPERATE) restore "$(DIR)" $(if $(OVERWRITE),--overwrite) --from="$(FROM)"
openapi: install ## Write the OpenAPI document
	@PYTHONPATH=functions:layers/booking:layers/pages:. $(foreach table,USERS CALENDAR BOOKINGS WAITLIST EPHEMERAL,$(table)_TABLE=-) \
		SIGNING_KEY_SECRET=- STACK_ID=- $(BIN)/python -m infra.openapi

##@ Keep it
.PHONY: install lock vendor help
install: ## Install the pinned packages into .venv and .venv-tools (done by every target that needs them)
	@python=$$(infra/find-python) && "$$python" infra/install.py
PIN = $(BIN)/uv pip compile --quiet --universal --python-version 3.13 --python $(BIN)/python --generate-hashes \
	--no-header --no-emit-index-url --no-annotate $(if $(UPGRADE),--upgrade)
lock: install ## Pin the packages of pyproject.toml anew: UPGRADE=1 takes the newest versions
	@$(PIN) requirements/installer.in -o requirements/installer.txt
	@$(PIN) pyproject.toml -o layers/dependencies/requirements.txt
	@$(PIN) pyproject.toml --group dev -c layers/dependencies/requirements.txt -o requirements/dev.txt
	@$(PIN) --group tools -o requirements/tools.txt
	@$(PIN) --group security -o requirements/security.txt
vendor: install ## Make the pages' copy of Lit anew from its packages (npm); the file is part of the repository
	@$(BIN)/python -m infra.vendor
help: ## Show this
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z0-9-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
