#!/usr/bin/env bash
# Holds a server against its own /openapi.json: schemathesis makes requests by it, as they should be and as they should not, and
# checks that every answer is one that the document tells of, and none says that the server made a mistake.
# Needs Python 3 with venv, and PyPI the first time. Options go to schemathesis.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=$PWD/out/openapi-venv
if [ ! -x "$venv/bin/schemathesis" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check "schemathesis>=4,<5"
fi

folder=$(mktemp -d)
echo '{ "models": [{ "name": "breast-cancer" }] }' >"$folder/serve.json"
node bin/he-ml.js serve --port 0 --processes 1 --config "$folder/serve.json" --json >"$folder/ready" 2>"$folder/log" &
server=$!
trap 'kill -KILL "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
until [ -s "$folder/ready" ]; do
  kill -0 "$server" || { cat "$folder/log" >&2; exit 1; }
  sleep 0.1
done
url=$(sed -E 's/.*"url":"([^"]+)".*/\1/' "$folder/ready")

# It keeps what it found in a folder of its own beside it.
cd "$folder"
"$venv/bin/schemathesis" run "$url/openapi.json" \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
  --phases examples,coverage,fuzzing --max-examples 20 --seed 1 --request-timeout 60 --workers 1 --warnings off --no-color "$@"

kill -TERM "$server"
wait "$server"
