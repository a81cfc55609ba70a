import sys
from pathlib import Path

import numpy as np
from Pyfhel import Pyfhel

sys.path.append(str(Path(__file__).parents[1]))
from common import Peer, run, say

chain = [40, 28, 28, 28, 28, 28, 38]
scale = 2.0**28


class ScalarLayers(Peer):
    """As PyCrCNN computes: a ciphertext for each value, the layers as loops over them, every weight a plaintext of its own that
    holds it in every slot. Different from PyCrCNN, in its favour: CKKS, products are summed before one rescale, a mean's divisor
    is folded into the next weights, and slots hold further images, which costs nothing."""

    packages = ("Pyfhel",)
    method = "PyCrCNN-like: a ciphertext for each value, loops of multiply_plain and add; images in slots"

    def __init__(self, layers, job):
        self.layers = layers
        self.shape = job["inputShape"]

    def images_at_once(self):
        return 4096

    def make_keys(self):
        self.he = Pyfhel()
        self.he.contextGen(scheme="CKKS", n=8192, scale=scale, qi_sizes=chain)
        self.he.keyGen()
        self.he.relinKeyGen()

    def compile(self):
        """Encodes the weights of each layer at the level that they meet."""
        divisor, level, self.encoded = 1.0, 0, []
        for layer in self.layers:
            if layer["kind"] == "mean":
                divisor *= layer["size"] ** 2
            elif layer["kind"] in ("conv", "linear"):
                say(f"encode {layer['weight'].size} weights")
                flat = [self.plain(weight / divisor, level) for weight in layer["weight"].ravel()]
                self.encoded.append(np.array(flat, dtype=object).reshape(layer["weight"].shape))
                divisor, level = 1.0, level + 1
            elif layer["kind"] == "square":
                divisor, level = divisor**2, level + 1

    def plain(self, value, level, scale=scale):
        encoded = self.he.encodeFrac(np.full(4096, value), scale=scale)
        for _ in range(level):
            encoded = self.he.mod_switch_to_next_ptxt(encoded, in_new_ptxt=False)
        return encoded

    def encrypt(self, images):
        self.count = len(images)
        pixels = np.ascontiguousarray(images.reshape(len(images), -1).T)
        encrypted = np.empty(len(pixels), dtype=object)
        for i, values in enumerate(pixels):
            encrypted[i] = self.he.encryptFrac(values, scale=scale)
        return encrypted.reshape(self.shape)

    def evaluate(self, encrypted):
        x, encoded, self.level = encrypted, iter(self.encoded), 0
        for layer in self.layers:
            kind = layer["kind"]
            say(kind)
            if kind == "conv":
                x = self.conv(x, next(encoded), layer["bias"], layer["stride"])
            elif kind == "square":
                x = each(self.square, x)
            elif kind == "mean":
                x = self.sums(x, layer["size"])
            elif kind == "flatten":
                x = x.ravel()
            else:
                weight = next(encoded)
                out = np.empty(len(weight), dtype=object)
                for o in range(len(weight)):
                    out[o] = self.weighted_sum(x, weight[o], layer["bias"][o])
                x = out
            self.level += kind in ("conv", "square", "linear")
        return x

    def conv(self, x, weight, bias, stride):
        channels, _, height, width = weight.shape
        rows, columns = ((size - kernel) // stride + 1 for size, kernel in zip(x.shape[1:], (height, width)))
        out = np.empty((channels, rows, columns), dtype=object)
        for o, i, j in np.ndindex(out.shape):
            seen = x[:, i * stride : i * stride + height, j * stride : j * stride + width]
            out[o, i, j] = self.weighted_sum(seen.ravel(), weight[o].ravel(), bias[o])
        return out

    def weighted_sum(self, values, weights, bias):
        total = self.he.multiply_plain(values[0], weights[0], in_new_ctxt=True)
        for value, weight in zip(values[1:], weights[1:]):
            self.he.add(total, self.he.multiply_plain(value, weight, in_new_ctxt=True))
        self.he.rescale_to_next(total)
        return self.he.add_plain(total, self.plain(bias, self.level + 1, total.scale))

    def square(self, value):
        result = self.he.square(value, in_new_ctxt=True)
        self.he.relinearize(result)
        self.he.rescale_to_next(result)
        return result

    def sums(self, x, size):
        channels, rows, columns = x.shape
        out = np.empty((channels, rows // size, columns // size), dtype=object)
        for o, i, j in np.ndindex(out.shape):
            seen = x[o, i * size : (i + 1) * size, j * size : (j + 1) * size].ravel()
            total = self.he.add(seen[0], seen[1], in_new_ctxt=True)
            for value in seen[2:]:
                self.he.add(total, value)
            out[o, i, j] = total
        return out

    def decrypt(self, result):
        return np.array([self.he.decryptFrac(value)[: self.count] for value in result]).T

    def describe(self):
        return {
            "parameters": {"scheme": "CKKS", "polyModulusDegree": 8192, "coeffModulusBits": chain},
            "securityBits": 128,
        }

    def bytes_of(self, encrypted, result):
        size = lambda values: sum(len(value.to_bytes("none")) for value in values.ravel())
        return {
            "input": size(encrypted),
            "output": size(result),
            "keys": len(self.he.to_bytes_relin_key("none")),
        }


def each(function, values):
    out = np.empty(values.shape, dtype=object)
    for index in np.ndindex(values.shape):
        out[index] = function(values[index])
    return out


run(ScalarLayers)
