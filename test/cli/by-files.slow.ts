import { rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { modelForward } from "../../src/he-ml/model/model.js";
import { tensor } from "../../src/he-ml/tensor/tensor.js";
import { heMl } from "./he-ml.js";
import { teachingParameters, temporaryFolder, tinyModel, waves, writeJson, writeModel } from "./support.js";

describe("keygen, encrypt, evaluate and decrypt, each with its own files only", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let model: string;
  let images: string;
  const at = (name: string) => join(folder.path, name);
  const told = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { status, stdout, stderr } = await heMl([...args, "--json"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const refused = async (...args: string[]) => {
    const { status, stderr } = await heMl(args);
    expect(status).toBe(2);
    return stderr;
  };
  const pixels = [waves(36, 0.9), waves(36, -0.7)];

  beforeAll(async () => {
    folder = await temporaryFolder();
    model = await writeModel(folder.path);
    images = await writeJson(folder.path, "images.json", { inputShape: [1, 6, 6], inputs: pixels });
    const parameters = await writeJson(folder.path, "parameters.json", teachingParameters);
    for (const [name, ...rest] of [["all"], ["head", "--layers", "0-2"]]) {
      await told(
        ...["explain", "--model", model, "--packing", "batch", "--parameters", parameters, ...rest],
        ...["--client-spec", at(`${name}.spec.json`), "--program", at(`${name}.program.json`)],
      );
      await told(
        ...["keygen", "--spec", at(`${name}.spec.json`), "--security", "teaching"],
        ...["--secret", at(`${name}.secret`), "--public", at(`${name}.public`)],
      );
    }
    await told("encrypt", "--secret", at("all.secret"), "--input", images, "--out", at("all.in"));
  });
  afterAll(() => folder.remove());

  /** As if on a machine where there is no secret key. */
  async function elsewhere<T>(name: string, work: () => Promise<T>): Promise<T> {
    await rename(at(`${name}.secret`), at("hidden"));
    try {
      return await work();
    } finally {
      await rename(at("hidden"), at(`${name}.secret`));
    }
  }

  test.each(["model", "program"])("outputs are the plain network's, evaluated by its %s", async (by) => {
    const evaluated = await elsewhere("all", () =>
      told(
        ...["evaluate", "--model", by === "model" ? model : at("all.program.json")],
        ...["--public", at("all.public"), "--in", at("all.in"), "--out", at("all.out")],
      ),
    );
    expect(evaluated).toMatchObject({
      milliseconds: { compile: expect.any(Number), server: expect.any(Number), evaluate: expect.any(Number) },
      bytes: {
        evaluationKeys: expect.any(Number),
        input: (await stat(at("all.in"))).size - (await headLength()),
      },
    });
    const answer = await told("decrypt", "--secret", at("all.secret"), "--in", at("all.out"));
    const expected = modelForward(tinyModel, tensor([2, 1, 6, 6], pixels.flat())).at(-1)!;
    const outputs = (answer.outputs as number[][]).flat();
    expect(outputs.length).toBe(6);
    outputs.forEach((value, i) => expect(Math.abs(value - expected.data[i])).toBeLessThan(0.02));
  });

  /** Of our own byte format, before what is encrypted. */
  async function headLength(): Promise<number> {
    const { readFile } = await import("node:fs/promises");
    const bytes = await readFile(at("all.in"));
    return 9 + bytes.readUInt32LE(5);
  }

  test("a range of layers leaves what those layers leave", async () => {
    await told("encrypt", "--secret", at("head.secret"), "--input", images, "--out", at("head.in"));
    const files = ["--public", at("head.public"), "--in", at("head.in"), "--out", at("head.out")];
    await told("evaluate", "--model", model, "--layers", "0-2", ...files);
    const answer = await told("decrypt", "--secret", at("head.secret"), "--in", at("head.out"));
    const expected = modelForward(tinyModel, tensor([2, 1, 6, 6], pixels.flat()))[2];
    (answer.outputs as number[][])
      .flat()
      .forEach((value, i) => expect(Math.abs(value - expected.data[i])).toBeLessThan(0.02));
    expect(await refused("evaluate", "--model", model, ...files)).toMatch(
      /planning ".*" gives [0-9a-f]{12}….*--layers/,
    );
  });

  test("the secret file is its owner's alone, and is not written over", async () => {
    expect((await stat(at("all.secret"))).mode & 0o077).toBe(0);
    const again = [
      "keygen",
      "--spec",
      at("all.spec.json"),
      "--security",
      "teaching",
      "--public",
      at("other.public"),
    ];
    expect(await refused(...again, "--secret", at("all.secret"))).toMatch(/there is a file .* already/);
  });

  test("each file in another one's place is refused by what it should be", async () => {
    const evaluate = (keys: string, input: string) =>
      refused("evaluate", "--model", model, "--public", at(keys), "--in", at(input), "--out", at("never"));
    expect(await evaluate("all.secret", "all.in")).toMatch(
      /--public: expected evaluation keys, got something else/,
    );
    expect(await evaluate("all.public", "all.public")).toMatch(
      /--in: expected encrypted tensor, got evaluation keys/,
    );
    expect(await evaluate("head.public", "all.in")).toMatch(/--layers/);
    expect(await refused("decrypt", "--secret", at("head.secret"), "--in", at("all.in"))).toMatch(
      /^he-ml: decrypt: expected an encrypted tensor that is the output of program/,
    );
    expect(await refused("decrypt", "--secret", at("all.public"), "--in", at("all.in"))).toMatch(
      /--secret: /,
    );
    const keygen = (spec: string) =>
      refused("keygen", "--spec", spec, "--secret", at("new.secret"), "--public", at("new.public"));
    expect(await keygen(at("all.spec.json"))).toMatch(/parameters without security/);
    expect(await keygen(images)).toMatch(/client specification: /);
  });
});
