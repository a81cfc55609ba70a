#!/usr/bin/env bash
# Trains one network with both backends of TensorFlow.js, the same seed and the same steps, and compares accuracy and
# seconds: bash scripts/tfjs-node.sh [EPOCHS]   (3 unless told; on Linux x64, with Python 3, pip, unzip, make and g++)
#
# The backend "tensorflow" is @tensorflow/tfjs-node. Its own install step downloads libtensorflow from a server that not
# everyone reaches, so "npm ci" leaves it out. Here the library comes from PyPI instead: the wheel tensorflow-cpu
# holds it under other names, and the C API that the addon calls has not changed since. The addon is then compiled from
# the package's sources. It takes 270 MB of download and 1 GB in node_modules; "npm ci" takes it away again.
set -euo pipefail
cd "$(dirname "$0")/.."

epochs=${1:-3}
version=2.21.0
package=node_modules/@tensorflow/tfjs-node
cache=out/tfjs-node
mkdir -p "$cache"

if [ ! -e "$package/package.json" ]; then
  npm install --no-save --no-package-lock --ignore-scripts "@tensorflow/tfjs-node@$(node -p \
    'require("./package.json").peerDependencies["@tensorflow/tfjs-node"]')"
fi

deps=$package/deps
if [ ! -e "$deps/lib/libtensorflow.so" ]; then
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$cache" "tensorflow-cpu==$version"
  unzip -qo "$cache/tensorflow_cpu-$version-"*.whl 'tensorflow/libtensorflow_*' 'tensorflow/include/*' -d "$cache"
  mkdir -p "$deps/lib"
  mv "$cache/tensorflow/include" "$deps/include"
  mv "$cache/tensorflow/libtensorflow_cc.so.2" "$deps/lib/libtensorflow.so.2.9.1"
  mv "$cache/tensorflow/libtensorflow_framework.so.2" "$deps/lib/libtensorflow_framework.so.2"
  for name in libtensorflow.so.2 libtensorflow.so libtensorflow_cc.so.2; do
    ln -sf libtensorflow.so.2.9.1 "$deps/lib/$name"
  done
  ln -sf libtensorflow_framework.so.2 "$deps/lib/libtensorflow_framework.so"
  rm -r "$cache/tensorflow"
fi
npm rebuild @tensorflow/tfjs-node

for backend in wasm tensorflow; do
  npx he-ml train --arch mnist-small --seed 1 --epochs "$epochs" --backend "$backend" --json \
    --out "$cache/$backend" >"$cache/$backend.json"
done
node -e '
  const row = (backend) => {
    const { testAccuracy, trainSeconds } = require(`./'"$cache"'/${backend}.json`);
    return { backend, "test accuracy (%)": Number((100 * testAccuracy).toFixed(2)), "training (s)": trainSeconds };
  };
  console.log("mnist-small, '"$epochs"' epochs of 60,000 images, seed 1");
  console.table(["wasm", "tensorflow"].map(row));
'
