import { expect, test } from "@jest/globals";
import { readFile, readdir } from "node:fs/promises";
import { inspect } from "node:util";
import * as toy from "../../../src/he-ml/toy-ckks/index.js";

const folder = "src/he-ml/toy-ckks";

/** What an example may use beside the functions themselves. */
function surroundings() {
  const random = toy.seededRandom("examples");
  const parameters = toy.toyParameters({
    polyModulusDegree: 8,
    coeffModulusBits: [29, 20, 30],
    scale: 2 ** 20,
  });
  const secretKey = toy.createSecretKey(parameters, random);
  const plain = toy.encode([1, -0.5, 2, 0.25], parameters);
  const encrypt = () => toy.encryptSymmetric(plain, secretKey, parameters, random);
  const values = (ciphertext: toy.Ciphertext) =>
    toy.realParts(toy.decode(toy.decrypt(ciphertext, secretKey)));
  return {
    random,
    parameters,
    secretKey,
    publicKey: toy.createPublicKey(parameters, secretKey, random),
    relinKey: toy.createRelinKey(parameters, secretKey, random),
    rotationKey: toy.createRotationKey(1, parameters, secretKey, random),
    conjugationKey: toy.createConjugationKey(parameters, secretKey, random),
    plain,
    encrypted: encrypt(),
    shared: [encrypt(), encrypt()].map((ciphertext) => ({ ciphertext, values: values(ciphertext) })),
    accepts: (answer: toy.Ciphertext) => values(answer).every((value) => Math.abs(value) <= 64),
  };
}

const files = (await readdir(folder)).filter((name) => name.endsWith(".ts"));
const texts = await Promise.all(files.map((name) => readFile(`${folder}/${name}`, "utf8")));

const examples = texts.flatMap((text) =>
  [...text.matchAll(/^ \* @example (.*?) \/\/ (.*?)(?:, to 15 digits)?$/gm)].map(
    ([, code, result]): [string, string] => [code, result],
  ),
);

/** As examples write it: text as it stands, its lines joined; -0, which is none, as 0; the last digits of doubles left out. */
function written(value: unknown): string {
  if (typeof value === "string") return value.replaceAll("\n", " ⏎ ");
  const tidy = (part: unknown): unknown => {
    if (typeof part === "number") return Number(part.toFixed(12)) + 0;
    if (Array.isArray(part)) return part.map(tidy);
    if (part === null || typeof part !== "object") return part;
    return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, tidy(inner)]));
  };
  return inspect(tidy(value), { breakLength: Infinity, maxArrayLength: null });
}

test.each(examples)("%s", (code, result) => {
  const scope = { ...toy, ...surroundings() };
  const run = new Function(...Object.keys(scope), `return ${code};`);
  expect(written(run(...Object.values(scope)))).toBe(result);
});

test("every function has an example that runs", () => {
  const functions = Object.entries(toy).filter(([, value]) => typeof value === "function");
  expect(functions.length).toBeGreaterThan(60);
  const without = functions.filter(
    ([name]) => !examples.some(([code]) => new RegExp(`\\b${name}\\(`).test(code)),
  );
  expect(without.map(([name]) => name)).toEqual([]);
});

test("the README lists everything, each in its file's row, and runs as it says", async () => {
  const readme = await readFile(`${folder}/README.md`, "utf8");
  const rows = new Map(
    [...readme.matchAll(/^\| `([a-z-]+\.ts)` \| (.*) \|$/gm)].map(([, name, text]) => [name, text]),
  );
  const missing = files.flatMap((name, i) => {
    if (["index.ts", "preconditions.ts"].includes(name)) return [];
    const row = rows.get(name) ?? "";
    const exported = [...texts[i].matchAll(/^export (?:const|function|interface|type) (\w+)/gm)];
    return exported
      .filter(([, word]) => !new RegExp(`\\b${word}\\b`).test(row))
      .map(([, word]) => `${name}: ${word}`);
  });
  expect(missing).toEqual([]);

  const order = [...rows.keys()];
  expect([...order, "index.ts"].sort()).toEqual([...files].sort());
  const laterUses = files.flatMap((name, i) => {
    if (name === "index.ts") return [];
    const used = [...texts[i].matchAll(/ from "\.\/([a-z-]+)\.js";/g)].map(([, base]) => `${base}.ts`);
    return used.filter((base) => order.indexOf(base) > order.indexOf(name)).map((base) => `${name}: ${base}`);
  });
  expect(laterUses).toEqual([]);
  const [, code] = /```ts\nimport [^\n]*\n([^]*?)```/.exec(readme)!;
  const [, last, result] = /\n(toy\.formatSlots.*); \/\/ (.*)\n/.exec(code)!;
  const run = new Function("toy", code.replace(last, `return ${last}`));
  expect(run(toy)).toBe(result);
});
