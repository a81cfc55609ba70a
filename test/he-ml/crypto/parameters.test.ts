import { describe, expect, test } from "@jest/globals";
import initialize from "node-seal";
import { ClearContext } from "../../../src/he-ml/crypto/clear-context.js";
import {
  checkParameters,
  formatChain,
  lastPrime,
  maxCoeffModulusBits,
  modulusBits,
  type CkksParameters,
  type ParametersSpec,
} from "../../../src/he-ml/crypto/parameters.js";
import { PublicContext } from "../../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { rejectedBy, thrownBy } from "../support.js";

const good = { polyModulusDegree: 8192, coeffModulusBits: [50, 60, 48, 60], scaleBits: 20 };

/** A chain of exactly `total` bits in primes of 17 to 60 bits. */
function chainOf(total: number): number[] {
  const count = Math.max(2, Math.ceil(total / 60));
  const small = Math.floor(total / count);
  return Array.from({ length: count }, (_, i) => small + (i < total % count ? 1 : 0));
}

function messageFor(spec: unknown): string {
  const error = thrownBy(() => checkParameters(spec));
  expect(error).toBeInstanceOf(InputError);
  const { message } = error as InputError;
  expect(message).toMatch(/^parameters: [^\n]+$/);
  return message;
}

describe("128-bit security", () => {
  test("the table of maxima is SEAL's", async () => {
    const seal = await initialize();
    const fromSeal = Object.keys(maxCoeffModulusBits).map((degree) => [
      degree,
      seal.CoeffModulus.MaxBitCount(Number(degree), seal.SecLevelType.tc128),
    ]);
    expect(maxCoeffModulusBits).toEqual(Object.fromEntries(fromSeal));
  });

  test.each([
    [2048, 54],
    [4096, 109],
    [8192, 218],
    [16384, 438],
    [32768, 881],
  ])("at N=%d %d bits are accepted and one more is refused", (polyModulusDegree, limit) => {
    const spec = { polyModulusDegree, scaleBits: 16 };
    expect(checkParameters({ ...spec, coeffModulusBits: chainOf(limit) }).security).toBe(128);

    const message = messageFor({ ...spec, coeffModulusBits: chainOf(limit + 1) });
    expect(message).toContain(
      `${limit + 1} coefficient-modulus bits at polyModulusDegree ${polyModulusDegree}`,
    );
    expect(message).toContain(`allows ${limit}; drop 1 bits`);
    if (polyModulusDegree < 32768)
      expect(message).toContain(`or use polyModulusDegree ${2 * polyModulusDegree}`);
    else expect(message).not.toContain("use polyModulusDegree");
    expect(message).toContain(`"security": "teaching"`);
  });

  test("N=1024 has room for no two primes, so only teaching mode takes it", () => {
    // Primes are of 14 bits at least, and 14 + 14 > 27.
    expect(messageFor({ polyModulusDegree: 1024, coeffModulusBits: [14, 14], scaleBits: 10 })).toContain(
      "28 coefficient-modulus bits at polyModulusDegree 1024 are below 128-bit security, which allows 27",
    );
  });

  test("names the smallest degree that is large enough, not merely the next", () => {
    expect(
      messageFor({ polyModulusDegree: 2048, coeffModulusBits: [60, 60, 60, 60], scaleBits: 40 }),
    ).toContain("drop 186 bits or use polyModulusDegree 16384");
  });

  test("less is granted to teaching mode only, by its name, and says so", () => {
    const weak = { polyModulusDegree: 1024, coeffModulusBits: [50, 60, 48, 60], scaleBits: 20 };
    expect(messageFor(weak)).toContain("below 128-bit security");
    expect(messageFor({ ...weak, security: 128 })).toContain("below 128-bit security");
    expect(checkParameters({ ...weak, security: "teaching" }).security).toBe("teaching");
    for (const security of ["none", "Teaching", 0, 80, true, null]) {
      expect(messageFor({ ...weak, security })).toMatch(/^parameters: security: /);
    }
  });
});

describe("checkParameters", () => {
  test("derives slots, levels and primes, and freezes all of it", () => {
    const parameters = checkParameters(good);
    expect(parameters).toEqual({
      scheme: "ckks",
      polyModulusDegree: 8192,
      coeffModulusBits: [50, 60, 48, 60],
      scaleBits: 20,
      weightScaleBits: 20,
      security: 128,
      slots: 4096,
      levels: 3,
      coeffModulus: expect.any(Array),
    });
    expect(parameters.coeffModulus.map((prime) => prime.toString(2).length)).toEqual([50, 60, 48, 60]);
    expect(Object.isFrozen(parameters)).toBe(true);
    expect(Object.isFrozen(parameters.coeffModulusBits)).toBe(true);
    expect(Object.isFrozen(parameters.coeffModulus)).toBe(true);
  });

  test("does not hold on to the caller's array", () => {
    const spec = { ...good, coeffModulusBits: [50, 60, 48, 60] };
    const parameters = checkParameters(spec);
    spec.coeffModulusBits[0] = 14;
    expect(parameters.coeffModulusBits).toEqual([50, 60, 48, 60]);
  });

  test("weights take the scale of the inputs, at most 60 bits, unless they have their own", () => {
    const wide = { ...good, polyModulusDegree: 16384, coeffModulusBits: [60, 60, 60, 60] };
    expect(checkParameters({ ...wide, scaleBits: 80 }).weightScaleBits).toBe(60);
    expect(checkParameters({ ...wide, scaleBits: 33.5 }).weightScaleBits).toBe(33.5);
    expect(checkParameters({ ...wide, scaleBits: 80, weightScaleBits: 16 }).weightScaleBits).toBe(16);
  });

  const malformed: [string, unknown, string][] = [
    ["nothing", undefined, "the whole"],
    ["text", "8192", "the whole"],
    ["an array", [], "the whole"],
    ["an unknown key", { ...good, polyModulusdegree: 8192 }, "the whole"],
    ["another scheme", { ...good, scheme: "bfv" }, "scheme"],
    ["a missing degree", { ...good, polyModulusDegree: undefined }, "polyModulusDegree"],
    ["a degree in text", { ...good, polyModulusDegree: "8192" }, "polyModulusDegree"],
    ["a degree that is no power of two", { ...good, polyModulusDegree: 8000 }, "polyModulusDegree"],
    ["a degree too small", { ...good, polyModulusDegree: 512 }, "polyModulusDegree"],
    ["a degree too large", { ...good, polyModulusDegree: 65536 }, "polyModulusDegree"],
    ["a fractional degree", { ...good, polyModulusDegree: 8192.5 }, "polyModulusDegree"],
    ["no primes", { ...good, coeffModulusBits: [] }, "coeffModulusBits"],
    ["one prime", { ...good, coeffModulusBits: [60] }, "coeffModulusBits"],
    ["a prime too small", { ...good, coeffModulusBits: [60, 13] }, "coeffModulusBits.1"],
    ["a prime too large", { ...good, coeffModulusBits: [61, 60] }, "coeffModulusBits.0"],
    ["fractional bits", { ...good, coeffModulusBits: [50.5, 60] }, "coeffModulusBits.0"],
    ["a chain in text", { ...good, coeffModulusBits: "50,60" }, "coeffModulusBits"],
    ["a scale of no bits", { ...good, scaleBits: 0 }, "scaleBits"],
    ["a scale that is no number", { ...good, scaleBits: Number.NaN }, "scaleBits"],
    ["a scale beyond doubles", { ...good, scaleBits: Infinity }, "scaleBits"],
    ["a weight scale too large", { ...good, weightScaleBits: 61 }, "weightScaleBits"],
  ];
  test.each(malformed)("refuses %s and names the field", (_, spec, field) => {
    expect(messageFor(spec).startsWith(`parameters: ${field}: `)).toBe(true);
  });

  test("names the unknown key and the allowed degrees", () => {
    expect(messageFor({ ...good, scale: 20 })).toContain(`"scale"`);
    expect(messageFor({ ...good, polyModulusDegree: 8000 })).toBe(
      "parameters: polyModulusDegree: expected one of 1024, 2048, 4096, 8192, 16384, 32768, got 8000",
    );
  });

  test("a scale within a bit of the data primes is refused, less is not", () => {
    const spec: ParametersSpec = { polyModulusDegree: 4096, coeffModulusBits: [30, 30, 40], scaleBits: 58.5 };
    expect(checkParameters(spec).scaleBits).toBe(58.5);
    expect(messageFor({ ...spec, scaleBits: 59 })).toBe(
      "parameters: scaleBits 59 leave no room for values in 60 bits of data primes [30, 30]; " +
        "lower scaleBits or add primes",
    );
  });

  test("too few primes of a size are refused by name", () => {
    const spec = { polyModulusDegree: 32768, coeffModulusBits: [17, 17, 17], scaleBits: 10 };
    expect(thrownBy(() => checkParameters(spec))).toBeInstanceOf(InputError);
    expect(() => checkParameters(spec)).toThrow(/primes of 17 bits for polyModulusDegree 32768/);
  });
});

describe("whatever makes keys or opens a context checks its parameters, whatever their type says:", () => {
  const unchecked = { polyModulusDegree: 1024, coeffModulusBits: [60, 60], scaleBits: 30 };
  const strong = checkParameters(good);
  const doors: [string, (parameters: CkksParameters) => unknown][] = [
    ["SecretContext.create", (parameters) => SecretContext.create(parameters)],
    [
      "SecretContext.fromSecretKey",
      (parameters) => SecretContext.fromSecretKey(parameters, new Uint8Array(9)),
    ],
    ["PublicContext.open", (parameters) => PublicContext.open(parameters)],
    ["PublicContext.load", (parameters) => PublicContext.load(parameters, { publicKey: new Uint8Array(9) })],
    ["ClearContext", (parameters) => new ClearContext(parameters)],
  ];

  test.each(doors)("%s", async (_, open) => {
    const refusal = async (parameters: unknown) => {
      const error = await rejectedBy(async () => open(parameters as CkksParameters));
      expect(error).toBeInstanceOf(InputError);
      return (error as Error).message;
    };
    expect(await refusal(unchecked)).toMatch(/120 coefficient-modulus bits .* are below 128-bit security/);
    expect(await refusal({ ...strong, ...unchecked, security: 128 })).toMatch(/below 128-bit security/);
    expect(await refusal({ ...strong, coeffModulus: [3n, 5n, 7n, 11n] })).toMatch(
      /coeffModulus: expected \d+.*, which follows from the rest, got 3,5,7,11; leave it out/,
    );
    expect(await refusal({ ...strong, levels: 2 })).toMatch(/levels: expected 3, which follows/);
    for (const nothing of [undefined, null, {}, [], "8192"])
      expect(await refusal(nothing)).toMatch(/^parameters: /);
  });

  test("what was checked is taken again, also as a thread copies it, and as JSON has it", async () => {
    expect(checkParameters(strong)).toEqual(strong);
    expect(checkParameters(structuredClone(strong))).toEqual(strong);
    const { parameters } = await PublicContext.open(JSON.parse(JSON.stringify(good)) as CkksParameters);
    expect(parameters).toEqual(strong);
    expect(messageFor({ ...strong, slots: 4095 })).toBe(
      "parameters: slots: expected 4096, which follows from the rest, got 4095; leave it out, or take parameters as " +
        "checkParameters gives them",
    );
  });

  test("nobody changes them behind a context's back", async () => {
    const mutable = structuredClone(strong) as {
      -readonly [Key in keyof CkksParameters]: CkksParameters[Key];
    };
    const { parameters } = await PublicContext.open(mutable);
    mutable.scaleBits = 50;
    expect(parameters.scaleBits).toBe(20);
  });
});

describe("along the chain", () => {
  const parameters = checkParameters(good);

  test("modulusBits adds up the data primes that are left", () => {
    expect([1, 2, 3].map((level) => Math.round(modulusBits(parameters, level)))).toEqual([50, 110, 158]);
    expect(modulusBits(parameters, 1)).toBe(Math.log2(Number(parameters.coeffModulus[0])));
  });

  test("lastPrime is the one that a rescale divides by", () => {
    expect([1, 2, 3].map((level) => lastPrime(parameters, level))).toEqual(
      parameters.coeffModulus.slice(0, 3).map(Number),
    );
  });

  test("formatChain sets the special prime apart", () => {
    expect(formatChain(parameters)).toBe("[50, 60, 48 | 60]");
  });
});
