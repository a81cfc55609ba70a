#!/usr/bin/env bash
# Installs JupyterLab with plotly's figures, nbclient, and the kernel of this checkout into a Python environment:
# the one named, or .venv-jupyter, which is made for it. Then: .venv-jupyter/bin/jupyter lab, or
# PATH="$PWD/.venv-jupyter/bin:$PATH" npx he-ml lab
set -euo pipefail
cd "$(dirname "$0")/.."

environment=${1:-.venv-jupyter}
if [ $# -eq 0 ]; then
  python3 -m venv "$environment"
  # Jupyter's own scripts for Node are CommonJS, whatever the project's package.json says.
  echo '{}' >"$environment/package.json"
fi
"$environment/bin/pip" install --quiet --disable-pip-version-check \
  jupyterlab==4.6.6 nbclient==0.11.0 nbformat==5.11.1 plotly==7.1.0
npx he-ml lab --install "$environment/share/jupyter"

# Jupyter's server drops what it takes for a flood: a figure's data, or thousands of lines at once.
mkdir -p "$environment/etc/jupyter/jupyter_server_config.d"
echo '{ "ZMQChannelsWebsocketConnection": { "limit_rate": false } }' \
  >"$environment/etc/jupyter/jupyter_server_config.d/he-ml.json"
