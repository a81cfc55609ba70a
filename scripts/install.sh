#!/usr/bin/env bash
# Installs he-ml, with what its service needs, from this checkout into an empty folder, and nothing of what only development needs:
#
#   bash scripts/install.sh /opt/he-ml
#   cd /opt/he-ml && npx he-ml serve
#
# With Node 20 or later; node_modules of the checkout are made where they are missing.
set -euo pipefail
folder=${1:?"usage: bash scripts/install.sh FOLDER"}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
if [ -n "$(ls -A "$folder")" ]; then
  echo "install: expected an empty folder, but there are files in $folder; name another" >&2
  exit 2
fi
cd "$(dirname "$0")/.."

if [ ! -d node_modules ]; then npm ci --no-audit --no-fund; fi
if [ ! -d dist ]; then npm run build; fi
package=$(npm pack --silent --ignore-scripts --pack-destination "$folder" | tail -n 1)
# The service's packages, in the versions that this one names.
needed=$(node -p '
  const { peerDependencies } = require("./package.json");
  const names = ["fastify", "fastify-type-provider-zod", "openapi-types", "@fastify/bearer-auth", "@fastify/cors",
    "@fastify/swagger", "@fastify/swagger-ui", "prom-client", "bullmq", "ioredis"];
  names.map((name) => `${name}@${peerDependencies[name]}`).join(" ")')

cd "$folder"
echo '{ "private": true, "type": "module" }' >package.json
# shellcheck disable=SC2086 — one word a package
npm install --ignore-scripts --no-audit --no-fund "./$package" $needed
npx he-ml --version
