#!/usr/bin/env bash
# Everything a fresh machine with Node and Python needs: the project, JupyterLab, and our kernel in it.
# CI, .devcontainer and .binder all run this. With an argument, Jupyter goes into that Python environment.
set -euo pipefail
cd "$(dirname "$0")/.."

npm ci
bash scripts/jupyter.sh "$@"
