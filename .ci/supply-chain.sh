#!/usr/bin/env bash
# Checks that every licence is one of those allowed here, and writes the bill of materials (CycloneDX) to sbom.json.
# The tools are in .ci/tools, apart from Gatehouse's own dependencies. Run from the project's folder.
set -euo pipefail
tools=.ci/tools/node_modules/.bin

# Excluded: elkjs (EPL-2.0), which draws Prisma's studio and is not loaded. A person reads the licence of a package that names it only in its README.
allowed='MIT;MIT*;MIT and ISC;ISC;0BSD;BSD-2-Clause;BSD-3-Clause;Apache-2.0;BlueOak-1.0.0;Unlicense;Python-2.0;CC0-1.0;CC-BY-4.0'
"$tools/license-checker-rseidelsohn" --production --excludePrivatePackages --start . --onlyAllow "$allowed" --excludePackages "${GATEHOUSE_LICENCES_READ:-elkjs}" --summary
"$tools/cyclonedx-npm" --omit dev --output-reproducible --output-file "${1:-sbom.json}"
