import sys
from pathlib import Path

import numpy as np
import tenseal as ts

sys.path.append(str(Path(__file__).parents[1]))
from common import Peer, affine, forward, run, stages


class TenSeal(Peer):
    """As in TenSEAL's own tutorial ("Encrypted convolution on MNIST"): the client sends windows (im2col), one convolution is
    a product with each filter, its channels are packed into one vector, and everything that follows is squares and products
    with a matrix. What lies between two squares is one matrix, so that a mean and a second convolution cost one level."""

    packages = ("tenseal",)
    method = "client sends windows (im2col); conv2d_im2col for each filter, pack_vectors, then square and mm"

    def __init__(self, layers, job):
        first, *rest = stages(layers)
        if [layer["kind"] for layer in first if layer["kind"] != "flatten"] != ["conv"] or first[0]["weight"].shape[1] != 1:
            raise ValueError("expected a network that begins with one convolution of one channel, then a square")
        self.conv = first[0]
        self.threads = job["threads"]
        shape = forward(first, np.zeros([1, *job["inputShape"]])).shape[1:]
        self.matrices = []
        for stage in rest:
            matrix, bias = affine(stage, shape)
            self.matrices.append((matrix.T.tolist(), bias.tolist()))
            shape = bias.shape

    def make_keys(self):
        self.context = ts.context(
            ts.SCHEME_TYPE.CKKS, 8192, coeff_mod_bit_sizes=[31, 26, 26, 26, 26, 26, 26, 31], n_threads=self.threads
        )
        self.context.global_scale = 2**26
        self.context.generate_galois_keys()
        self.context.generate_relin_keys()

    def encrypt(self, images):
        rows, columns = self.conv["weight"].shape[2:]
        encrypted, count = ts.im2col_encoding(self.context, images[0, 0].tolist(), rows, columns, self.conv["stride"])
        self.count = count
        return encrypted

    def evaluate(self, encrypted):
        filters = zip(self.conv["weight"][:, 0].tolist(), self.conv["bias"].tolist())
        x = ts.CKKSVector.pack_vectors(
            [encrypted.conv2d_im2col(weight, self.count) + bias for weight, bias in filters]
        )
        for matrix, bias in self.matrices:
            x.square_()
            x = x.mm(matrix) + bias
        return x

    def decrypt(self, result):
        return [result.decrypt()]

    def describe(self):
        return {
            "parameters": {
                "scheme": "CKKS",
                "polyModulusDegree": 8192,
                "coeffModulusBits": [31, 26, 26, 26, 26, 26, 26, 31],
            },
            "securityBits": 128,
        }

    def bytes_of(self, encrypted, result):
        # The context without its secret key is what a server is sent.
        keys = self.context.serialize(
            save_public_key=False, save_secret_key=False, save_galois_keys=True, save_relin_keys=True
        )
        return {"input": len(encrypted.serialize()), "output": len(result.serialize()), "keys": len(keys)}


run(TenSeal)
