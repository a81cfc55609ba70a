import sys
from pathlib import Path

import numpy as np
import orion
import orion.nn as on
import torch

sys.path.append(str(Path(__file__).parents[1]))
from common import Peer, run

# Orion's own configuration for LoLA, which has as many levels as mnist-small takes; and, as LeNet-1's two means take a level
# each there, a larger ring for seven levels.
small = {"LogN": 13, "LogQ": [29] + 5 * [26], "LogP": [29, 29], "LogScale": 26, "H": 8192, "RingType": "ConjugateInvariant"}
large = {"LogN": 14, "LogQ": [45] + 7 * [35], "LogP": [45, 45], "LogScale": 35, "H": 8192, "RingType": "Standard"}


class Network(on.Module):
    def __init__(self, layers):
        super().__init__()
        self.count = len(layers)
        for index, layer in enumerate(layers):
            setattr(self, f"step{index}", module(layer))

    def forward(self, x):
        for index in range(self.count):
            x = getattr(self, f"step{index}")(x)
        return x


def module(layer):
    kind = layer["kind"]
    if kind == "square":
        return on.Quad()
    if kind == "mean":
        return on.AvgPool2d(layer["size"])
    if kind == "flatten":
        return on.Flatten()
    outputs, inputs, *kernel = layer["weight"].shape
    if kind == "conv":
        made = on.Conv2d(inputs, outputs, kernel_size=kernel[0], stride=layer["stride"])
    else:
        made = on.Linear(inputs, outputs)
    made.weight.data = torch.tensor(layer["weight"], dtype=torch.float32)
    made.bias.data = torch.tensor(layer["bias"], dtype=torch.float32)
    return made


class Orion(Peer):
    packages = ("orion-fhe", "torch")
    method = "its compiler (fit, compile) on Lattigo: multiplexed packing, diagonals in baby and giant steps"

    def __init__(self, layers, job):
        torch.set_num_threads(job["threads"])
        depth = sum(layer["kind"] != "flatten" for layer in layers)
        self.parameters = small if depth <= 5 else large
        self.network = Network(layers)
        self.network.eval()
        self.samples = torch.tensor(job["calibration"], dtype=torch.float32).reshape([-1, *job["inputShape"]])

    def make_keys(self):
        orion.init_scheme(
            {
                "ckks_params": self.parameters,
                "orion": {
                    "margin": 2,
                    "embedding_method": "hybrid",
                    "backend": "lattigo",
                    "fuse_modules": True,
                    "debug": False,
                    "io_mode": "none",
                },
            }
        )

    def compile(self):
        """Makes rotation keys, too: Orion does not tell the two apart."""
        with torch.no_grad():
            orion.fit(self.network, self.samples[:1])
            self.level = orion.compile(self.network)
        self.network.he()

    def encrypt(self, images):
        return orion.encrypt(orion.encode(torch.tensor(images, dtype=torch.float32), self.level))

    def evaluate(self, encrypted):
        return self.network(encrypted)

    def decrypt(self, result):
        return np.asarray(result.decrypt().decode()).reshape(1, -1)

    def describe(self):
        given = self.parameters
        return {
            "parameters": {
                "scheme": "CKKS",
                "polyModulusDegree": 2 ** given["LogN"],
                "coeffModulusBits": given["LogQ"] + given["LogP"],
                "note": f"ring {given['RingType']}; {len(given['LogP'])} special primes",
            },
            "securityBits": 128,
        }


run(Orion)
