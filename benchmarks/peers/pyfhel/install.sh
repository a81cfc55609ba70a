#!/usr/bin/env bash
# Pyfhel has no wheels: it is built, with the SEAL that it carries. That SEAL would download GSL, zlib and zstd while it is
# built; it computes without them, and nothing here compresses. Needs a C++17 compiler; takes some minutes.
#
#   install.sh PYTHON     PYTHON is that of the virtual environment
set -euo pipefail
python=$1
version=3.5.0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m pip install --quiet --requirement "$(dirname "$0")/requirements.txt"
"$python" -m pip download --quiet --no-deps --no-binary Pyfhel --dest "$folder" "Pyfhel==$version"
tar --extract --gzip --file "$folder/pyfhel-$version.tar.gz" --directory "$folder"
cd "$folder/pyfhel-$version"
sed --in-place --regexp-extended \
  -e "s/SEAL_USE_(MSGSL|ZLIB|ZSTD)(\s*)= 'ON'/SEAL_USE_\1\2= 'OFF'/" \
  -e "s/^( *)CMAKE_BUILD_TYPE = 'Release'/&\n\1SEAL_BUILD_DEPS = 'OFF'/" pyproject.toml
"$python" -m pip install --quiet .
