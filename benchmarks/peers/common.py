"""What every peer in Python shares: reading a job, reading the network's ONNX file, timing the phases, writing the result.

A peer's run.py defines a class with the methods of `Peer` and ends with `run(ItsClass)`. The protocol is in ../README.md.
"""

import json
import platform
import sys
import time
from importlib.metadata import version

import numpy as np


class Peer:
    """What is timed, in this order. `compile`, `encrypt` and `evaluate` are what a client or a server does alone."""

    #: PyPI names of the packages whose versions stand in the table, the most important first
    packages = ()
    #: one sentence: how the network is computed
    method = ""
    #: False where keys can only be made for what was compiled
    keys_first = True

    def __init__(self, layers, job):
        """Nothing is timed here: `layers` is what `read_network` gives, `job` what came in."""

    def make_keys(self):
        """Context, secret key, public and evaluation keys."""

    def compile(self):
        """Planning, compiling, encoding weights: once for a network, before its first image. May do nothing."""

    def encrypt(self, images):
        """`images` is [n, channels, height, width], n at most what `images_at_once` says; gives what travels."""

    def evaluate(self, encrypted):
        """The server's work."""

    def decrypt(self, result):
        """Logits, [n, classes], for the images of one evaluation."""

    def images_at_once(self):
        return 1

    def describe(self):
        """{parameters: {scheme, polyModulusDegree, coeffModulusBits, note?}, securityBits}; null where it does not apply."""
        raise NotImplementedError

    def bytes_of(self, encrypted, result):
        """{input, output, keys} in bytes, as serialized by the library; null where it cannot serialize."""
        return {"input": None, "output": None, "keys": None}


def say(text):
    """Progress: of what a peer writes on standard error, lines that begin so are shown while it runs."""
    print(f"progress: {text}", file=sys.stderr, flush=True)


def run(peer_class):
    """Reads the job from standard input, runs it, and writes the result as the last line of standard output."""
    # What libraries print on standard output goes to standard error, so that the result stands alone.
    output, sys.stdout = sys.stdout, sys.stderr
    job = json.load(sys.stdin)
    images = np.array(job["images"], dtype=np.float64).reshape([-1, *job["inputShape"]])
    peer = peer_class(read_network(job["onnx"]), job)
    taken = {"encrypt": [], "evaluate": [], "decrypt": []}
    spent = 0

    preparations = [("keys", peer.make_keys), ("compile", peer.compile)]
    for name, prepare in preparations if peer.keys_first else reversed(preparations):
        say(name)
        taken[name], _ = timed(prepare)
    logits, size = [], None
    at_once = min(peer.images_at_once(), len(images))
    for first in range(0, len(images), at_once):
        say(f"image {first + 1} of {len(images)}")
        encrypt, encrypted = timed(lambda: peer.encrypt(images[first : first + at_once]))
        evaluate, result = timed(lambda: peer.evaluate(encrypted))
        decrypt, values = timed(lambda: peer.decrypt(result))
        for name, took in (("encrypt", encrypt), ("evaluate", evaluate), ("decrypt", decrypt)):
            taken[name].append(took)
            spent += took["wall"]
        logits += np.asarray(values, dtype=np.float64).tolist()
        size = size or peer.bytes_of(encrypted, result)
        if spent > 1000 * job["seconds"]:
            break
    answer = {
        "versions": {
            **{name: version(name) for name in peer.packages},
            "python": platform.python_version(),
        },
        "method": peer.method,
        **peer.describe(),
        "imagesAtOnce": at_once,
        "milliseconds": taken,
        "bytes": size,
        "logits": logits,
    }
    output.write(json.dumps(answer) + "\n")


def timed(work):
    """Milliseconds that `work` takes, {wall, cpu (of all threads)}, and what it gives."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return {"wall": 1000 * (time.perf_counter() - wall), "cpu": 1000 * (time.process_time() - cpu)}, result


def read_network(path):
    """The layers of an ONNX file, in order: {kind: "conv" | "square" | "mean" | "flatten" | "linear", …}.

    conv: weight [out, in, height, width], bias, stride; mean: size (of the window, and the stride); linear: weight [out, in],
    bias. Raises ValueError naming the first node that is none of these.
    """
    import onnx

    graph = onnx.load(path).graph
    weights = {each.name: onnx.numpy_helper.to_array(each).astype(np.float64) for each in graph.initializer}
    layers = []
    for node in graph.node:
        given = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        if node.op_type == "Conv" and given.get("group", 1) == 1 and not any(given.get("pads", [])):
            rows, columns = given["strides"]
            if rows != columns:
                raise ValueError(f"{path}: a convolution with strides {rows} and {columns}; expected equal ones")
            weight, bias = (weights[name] for name in node.input[1:])
            layers.append({"kind": "conv", "weight": weight, "bias": bias, "stride": rows})
        elif node.op_type == "Mul" and node.input[0] == node.input[1]:
            layers.append({"kind": "square"})
        elif node.op_type == "AveragePool" and given["strides"] == given["kernel_shape"] and not any(given.get("pads", [])):
            layers.append({"kind": "mean", "size": given["kernel_shape"][0]})
        elif node.op_type == "Flatten":
            layers.append({"kind": "flatten"})
        elif node.op_type == "Gemm" and given.get("transB") == 1:
            weight, bias = (weights[name] for name in node.input[1:])
            layers.append({"kind": "linear", "weight": weight, "bias": bias})
        else:
            raise ValueError(f"{path}: cannot read a node of kind {node.op_type}; add it to read_network")
    return layers


def forward(layers, values):
    """The network in the clear, on [n, …] values; for what a peer wants to know beforehand."""
    for layer in layers:
        kind = layer["kind"]
        if kind == "conv":
            values = windows(values, layer["weight"].shape[2:], layer["stride"])
            values = np.einsum("nchwij,ocij->nohw", values, layer["weight"], optimize=True)
            values = values + layer["bias"][:, None, None]
        elif kind == "square":
            values = values * values
        elif kind == "mean":
            size = layer["size"]
            values = windows(values, (size, size), size).mean(axis=(4, 5))
        elif kind == "flatten":
            values = values.reshape(len(values), -1)
        else:
            values = values @ layer["weight"].T + layer["bias"]
    return values


def windows(values, size, stride):
    """[n, channels, rows, columns, *size]: what each step of a convolution sees."""
    seen = np.lib.stride_tricks.sliding_window_view(values, size, axis=(2, 3))
    return seen[:, :, ::stride, ::stride]


def affine(layers, shape):
    """Layers without a square as one matrix [out, in] and one bias, on values of this shape ([channels, height, width])."""
    count = int(np.prod(shape))
    units = np.vstack([np.zeros((1, count)), np.eye(count)]).reshape([-1, *shape])
    images = forward(layers, units).reshape(count + 1, -1)
    return (images[1:] - images[0]).T, images[0]


def stages(layers):
    """The layers between squares: [[conv], [mean, conv], [mean, flatten, linear]] for LeNet-1."""
    found = [[]]
    for layer in layers:
        if layer["kind"] == "square":
            found.append([])
        else:
            found[-1].append(layer)
    return found
