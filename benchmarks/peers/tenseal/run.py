import sys
from pathlib import Path

import numpy as np
import tenseal as ts

sys.path.append(str(Path(__file__).parents[1]))
from common import Peer, affine, forward, run, stages

#: TenSEAL's tutorial on MNIST, by N: 26-bit scales are all that fits into 8192.
chains = {8192: (26, [31, 26, 26, 26, 26, 26, 26, 31]), 16384: (40, [60, 40, 40, 40, 40, 40, 60])}


class TenSeal(Peer):
    """As in TenSEAL's own tutorial ("Encrypted convolution on MNIST"): the client sends windows (im2col), one convolution is
    a product with each filter, its channels are packed into one vector, and everything that follows is squares and products
    with a matrix. What lies between two squares is one matrix, so that a mean and a second convolution cost one level.

    Windows must fit into one ciphertext. LeNet-1's 576 windows of 25 do not: there the first convolution is a matrix, too."""

    packages = ("tenseal",)

    def __init__(self, layers, job):
        self.threads = job["threads"]
        values = np.zeros([1, *job["inputShape"]])
        first, *rest = stages(layers)
        conv = next(layer for layer in first if layer["kind"] == "conv")
        count = int(np.prod(forward(first, values).shape[2:]))
        if conv["weight"][0].size * count <= 4096:
            self.degree, self.conv = 8192, conv
            self.method = "windows (im2col) from the client; conv2d_im2col for each filter, pack_vectors, then square and mm"
            values = forward(first, values)
        else:
            self.degree, self.conv = 16384, None
            self.method = "the image as one vector; mm with a matrix for each stage, and square"
            rest = [first, *rest]
        self.matrices = []
        for stage in rest:
            matrix, bias = affine(stage, values.shape[1:])
            self.matrices.append((matrix.T.tolist(), bias.tolist()))
            values = forward(stage, values)

    def make_keys(self):
        scale, chain = chains[self.degree]
        self.context = ts.context(
            ts.SCHEME_TYPE.CKKS, self.degree, coeff_mod_bit_sizes=chain, n_threads=self.threads
        )
        self.context.global_scale = 2**scale
        self.context.generate_galois_keys()
        self.context.generate_relin_keys()

    def encrypt(self, images):
        if self.conv is None:
            return ts.ckks_vector(self.context, images[0].ravel().tolist())
        rows, columns = self.conv["weight"].shape[2:]
        encrypted, self.windows = ts.im2col_encoding(
            self.context, images[0, 0].tolist(), rows, columns, self.conv["stride"]
        )
        return encrypted

    def evaluate(self, encrypted):
        matrices = self.matrices
        if self.conv is None:
            [(matrix, bias), *matrices] = matrices
            x = encrypted.mm(matrix) + bias
        else:
            filters = zip(self.conv["weight"][:, 0].tolist(), self.conv["bias"].tolist())
            x = ts.CKKSVector.pack_vectors(
                [encrypted.conv2d_im2col(weight, self.windows) + bias for weight, bias in filters]
            )
        for matrix, bias in matrices:
            x.square_()
            x = x.mm(matrix) + bias
        return x

    def decrypt(self, result):
        return [result.decrypt()]

    def describe(self):
        return {
            "parameters": {
                "scheme": "CKKS",
                "polyModulusDegree": self.degree,
                "coeffModulusBits": chains[self.degree][1],
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
