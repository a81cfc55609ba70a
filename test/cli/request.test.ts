import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { heMl } from "./he-ml.js";
import { temporaryFolder, writeJson } from "./support.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder.path, "token"), "two words\n");
});
afterAll(() => folder.remove());

// Nobody listens there; nothing of this is sent.
const address = "http://127.0.0.1:1/compute";
const first = { address, net: "lenet1", layers: [0, 1] };
const set = { m: 4096, p: 1032193 };
const primes = { poly_modulus_degree: 8192, coeff_modulus_bits: [50, 60, 60], scale_bits: 20 };

type Refused = [name: string, files: object[], message: string, options?: string[]];

test.each<Refused>([
  ["an unknown field", [{ ...first, colour: 1 }], 'Unrecognized key: "colour"; known are address, net'],
  ["no address", [{ net: "lenet1" }], "address: Invalid input"],
  [
    "another address",
    [{ ...first, address: "localhost" }],
    'server: expected an address as "http://localhost:8000", got "localhost"',
  ],
  ["layers with a gap", [{ ...first, layers: [0, 2] }], "expected a range without gaps"],
  [
    "parameters of no kind",
    [{ ...first, encryption_parameters: { m: 4096 } }],
    "encryption_parameters: p: Invalid input",
  ],
  [
    "another packing than goes with parameters",
    [{ ...first, encryption_parameters: { ...primes, packing: "batch" } }],
    'encryption_parameters: expected packing "scalar", as this way has one value a ciphertext, got "batch"; leave it out',
  ],
  [
    "two sets of parameters",
    [{ ...first, encryption_parameters: [set, set] }],
    "expected one set, got a list of 2",
  ],
  [
    "two sources of images",
    [{ ...first, dataset: "mnist", input: [1] }],
    "dataset and input exclude each other",
  ],
  ["a token that is none", [{ ...first, token_file: "token" }], "token_file: expected one line with a word"],
  ["a token that is not there", [{ ...first, token_file: "no-token" }], "token_file: there is no file"],
  [
    "two files, one without layers",
    [first, { address, net: "lenet1" }],
    "layers: expected each file's own range",
  ],
  ["a layer between two files left out", [first, { ...first, layers: [3] }], "expected layers from 2 on"],
  [
    "images in the second file",
    [first, { ...first, layers: [2], index: 3 }],
    "the images are those of the first file",
  ],
  [
    "another model in the second file",
    [first, { ...first, layers: [2], net: "x" }],
    'net: expected "lenet1"',
  ],
  [
    "parameters in one file only",
    [first, { ...first, layers: [2], encryption_parameters: set }],
    "expected the same as in",
  ],
  ["a model that is not here", [first], "no-model", ["--model", "no-model"]],
  ["layers that are no numbers", [first], "Expected numbers of layers", ["--reencrypt", "x"]],
])("refused in one line: %s", async (_, files, message, options = []) => {
  const paths = await Promise.all(files.map((file, i) => writeJson(folder.path, `client-${i}.json`, file)));
  const { status, stdout, stderr } = await heMl(["request", ...paths, ...options]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^he-ml: [^\n]*\n$/);
  expect(stderr).toContain(message);
});
