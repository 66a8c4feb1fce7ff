#!/usr/bin/env bash
# What Gatehouse ships with: every licence is one of those allowed here, and the bill of materials (CycloneDX) is written to sbom.json.
# The tools are in .ci/tools, apart from what Gatehouse needs. Run from the project's folder.
set -euo pipefail
tools=.ci/tools/node_modules/.bin

# EPL-2.0: elkjs, which draws Prisma's studio and is not loaded. Packages that name a licence only in their README are read by hand.
allowed='MIT;MIT*;MIT and ISC;ISC;0BSD;BSD-2-Clause;BSD-3-Clause;Apache-2.0;BlueOak-1.0.0;Unlicense;Python-2.0;CC0-1.0;CC-BY-4.0'
"$tools/license-checker-rseidelsohn" --production --excludePrivatePackages --start . --onlyAllow "$allowed" --excludePackages "${GATEHOUSE_LICENCES_READ:-elkjs}" --summary
"$tools/cyclonedx-npm" --omit dev --output-reproducible --output-file "${1:-sbom.json}"
