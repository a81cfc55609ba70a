#!/usr/bin/env bash
# Builds on every change, and runs the quick tests of what changed; q or Ctrl-C ends both.
set -euo pipefail
cd "$(dirname "$0")/.."

npm run build
node node_modules/typescript/bin/tsc -p tsconfig.build.json --watch --preserveWatchOutput &
trap "kill $!" EXIT
node --experimental-vm-modules node_modules/jest/bin/jest.js --watch
