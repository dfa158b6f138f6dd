#!/usr/bin/env bash
# Everything that can be said of the code without running it. Every check runs; any failure fails the whole.
set -u
failed=0
step() {
  local name="$1"; shift
  local output
  if output=$("$@" 2>&1); then
    printf 'ok      %s\n' "$name"
  else
    printf 'FAILED  %s\n%s\n' "$name" "$output"
    failed=1
  fi
}
openapi_is_current() {
  local folder; folder=$(mktemp -d)
  python manage.py spectacular --validate --fail-on-warn --format openapi-json --file "$folder/openapi.json" || return 1
  frontend/node_modules/.bin/openapi-typescript "$folder/openapi.json" -o "$folder/schema.d.ts" >/dev/null || return 1
  if ! diff -q "$folder/schema.d.ts" frontend/src/api/schema.d.ts; then
    echo "frontend/src/api/schema.d.ts is out of date. Run: make schema"
    return 1
  fi
}
migrations_are_complete() { python -W ignore manage.py makemigrations --check --dry-run; }

step "format (ruff)" ruff format --check --quiet .
step "lint (ruff)" ruff check --quiet .
step "types (mypy)" mypy contactcenter channels_app billing bench tests
step "imports (import-linter)" lint-imports
step "migrations" migrations_are_complete
step "OpenAPI and its TypeScript types" openapi_is_current
step "front-end lint (eslint)" npm --prefix frontend run --silent lint
step "front-end types (vue-tsc)" npm --prefix frontend run --silent typecheck
exit $failed
