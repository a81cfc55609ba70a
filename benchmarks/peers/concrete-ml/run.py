import sys
from pathlib import Path

import numpy as np
import torch
from concrete.fhe import Exactness
from concrete.ml.torch.compile import compile_torch_model

sys.path.append(str(Path(__file__).parents[1]))
from common import Peer, run


class Network(torch.nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.steps = torch.nn.ModuleList(module(layer) for layer in layers)

    def forward(self, x):
        for step in self.steps:
            x = step(x)
        return x


class Square(torch.nn.Module):
    def forward(self, x):
        return x**2


def module(layer):
    kind = layer["kind"]
    if kind == "square":
        return Square()
    if kind == "mean":
        return torch.nn.AvgPool2d(layer["size"])
    if kind == "flatten":
        return torch.nn.Flatten()
    outputs, inputs, *kernel = layer["weight"].shape
    if kind == "conv":
        made = torch.nn.Conv2d(inputs, outputs, kernel, stride=layer["stride"])
    else:
        made = torch.nn.Linear(inputs, outputs)
    made.weight.data = torch.tensor(layer["weight"], dtype=torch.float32)
    made.bias.data = torch.tensor(layer["bias"], dtype=torch.float32)
    return made


class ConcreteMl(Peer):
    """Post-training quantization (compile_torch_model), a square being one table lookup of TFHE, which is what Concrete ML
    offers for a network that was not trained for it. Fewer bits read fewer of 100 further images as the plain model does
    (mnist-small: 92 with 4, 99 with 5 as with 6, whose lookups cost more). Calibrated on the images that are sent for that, none of which is tested."""

    packages = ("concrete-ml", "concrete-python", "torch")
    bits = 5
    method = f"post-training quantization to {bits} bits (compile_torch_model), approximate rounding; TFHE"
    keys_first = False

    def __init__(self, layers, job):
        torch.set_num_threads(job["threads"])
        self.network = Network(layers)
        self.samples = np.array(job["calibration"]).reshape([-1, *job["inputShape"]])

    def compile(self):
        rounding = {"n_bits": self.bits, "method": Exactness.APPROXIMATE}
        self.compiled = compile_torch_model(
            self.network, self.samples, n_bits=self.bits, rounding_threshold_bits=rounding
        )
        self.circuit = self.compiled.fhe_circuit

    def make_keys(self):
        self.circuit.keygen(force=True)

    def encrypt(self, images):
        return self.circuit.encrypt(self.compiled.quantize_input(images))

    def evaluate(self, encrypted):
        return self.circuit.run(encrypted)

    def decrypt(self, result):
        return self.compiled.dequantize_output(self.circuit.decrypt(result))

    def describe(self):
        return {
            "parameters": {
                "scheme": "TFHE",
                "polyModulusDegree": None,
                "coeffModulusBits": None,
                "note": f"chosen by the compiler; integers up to {self.circuit.graph.maximum_integer_bit_width()} bits",
            },
            "securityBits": 128,
        }

    def bytes_of(self, encrypted, result):
        return {
            "input": len(encrypted.serialize()),
            "output": len(result.serialize()),
            "keys": self.circuit.size_of_bootstrap_keys + self.circuit.size_of_keyswitch_keys,
        }


run(ConcreteMl)
