#!/usr/bin/env bash
# Checks that the OpenAPI documents pass the linter without a warning, and that a generator can make types for a client from them. Run from the project's folder.
set -euo pipefail
export PATH=$PWD/node_modules/.bin:$PATH REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
tools=.ci/tools/node_modules/.bin
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
for name in operator receiver; do
  node src/bootstrap.mjs openapi "$name" >"$folder/$name.json"
  "$tools/redocly" lint --config .ci/tools/redocly.yaml --max-problems 1000 "$folder/$name.json"
  "$tools/openapi-typescript" "$folder/$name.json" --output "$folder/$name.d.ts" >/dev/null
  tsc --ignoreConfig --noEmit --strict --skipLibCheck false "$folder/$name.d.ts"
done
