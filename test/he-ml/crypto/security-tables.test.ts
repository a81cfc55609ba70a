import { describe, expect, test } from "@jest/globals";
import initialize from "node-seal";
import {
  checkParameters,
  formatParameters,
  parametersSpec,
  sameParameters,
} from "../../../src/he-ml/crypto/parameters.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import {
  maxCoeffModulusBits,
  maxCoeffModulusBits2024,
  securityLevels,
  securityTable,
  securityTableNames,
} from "../../../src/he-ml/crypto/security-tables.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { thrownBy } from "../support.js";

/** A chain of exactly `total` bits in primes of 14 to 60 bits. */
function chainOf(total: number): number[] {
  const count = Math.max(2, Math.ceil(total / 60));
  const small = Math.floor(total / count);
  return Array.from({ length: count }, (_, i) => small + (i < total % count ? 1 : 0));
}

const refusal = (spec: unknown) => {
  const error = thrownBy(() => checkParameters(spec));
  expect(error).toBeInstanceOf(InputError);
  return (error as InputError).message;
};

const inNames = securityTableNames.flatMap((table) =>
  securityLevels.flatMap((security) =>
    Object.entries(securityTable(security, table))
      .map(([degree, limit]) => [table, security, Number(degree), limit] as const)
      // Primes of N = 1024 and 2048 are too few in some sizes, and larger rings are not offered.
      .filter(([, , degree]) => degree >= 4096 && degree <= 32768),
  ),
);

describe("limits", () => {
  test.each(inNames)("table of %s, %d bits, N=%d: %d bits are taken, one more refused", (...limit) => {
    const [table, security, polyModulusDegree, most] = limit;
    const spec = { polyModulusDegree, scaleBits: 12, security, securityTable: table };
    const parameters = checkParameters({ ...spec, coeffModulusBits: chainOf(most) });
    expect(parameters.security).toBe(security);
    const message = refusal({ ...spec, coeffModulusBits: chainOf(most + 1) });
    expect(message).toContain(`are below ${security}-bit security`);
    expect(message).toContain(`allows ${most}; drop 1 bits`);
    expect(message.includes("by the guidelines of 2024")).toBe(table === "2024");
    if (polyModulusDegree < 32768)
      expect(message).toContain(`use polyModulusDegree ${2 * polyModulusDegree}`);
  });

  test("the table of 2018 is SEAL's at all levels", async () => {
    const { CoeffModulus, SecLevelType } = await initialize();
    const levels = { 128: SecLevelType.tc128, 192: SecLevelType.tc192, 256: SecLevelType.tc256 };
    for (const security of securityLevels) {
      const degrees = Object.keys(securityTable(security)).map(Number);
      expect(degrees).toEqual(Object.keys(maxCoeffModulusBits).map(Number));
      const fromSeal = degrees.map((degree) => CoeffModulus.MaxBitCount(degree, levels[security]));
      expect(Object.values(securityTable(security))).toEqual(fromSeal);
    }
  });

  test("the guidelines of 2024 are stricter wherever both say something, and so is more security", () => {
    for (const security of securityLevels) {
      const [old, recent] = [securityTable(security), securityTable(security, "2024")];
      for (const degree of Object.keys(recent)
        .map(Number)
        .filter((each) => each in old)) {
        expect(recent[degree]).toBeLessThan(old[degree]);
      }
    }
    for (const table of securityTableNames) {
      for (const [degree, most] of Object.entries(securityTable(256, table))) {
        expect(most).toBeLessThan(securityTable(192, table)[Number(degree)]);
      }
    }
    expect(securityTable(128, "2024")).toBe(maxCoeffModulusBits2024);
  });

  test("a level that a table does not have at some degree is refused by name", () => {
    const spec = { polyModulusDegree: 1024, coeffModulusBits: [14, 14], scaleBits: 10 };
    expect(refusal({ ...spec, security: 192, securityTable: "2024" })).toContain(
      "below 192-bit security by the guidelines of 2024, which the table has not at this degree; use polyModulusDegree 2048",
    );
  });
});

describe("parameters of more security, or by the other table", () => {
  const spec = { polyModulusDegree: 8192, coeffModulusBits: [50, 50, 50], scaleBits: 20 };

  test("are written with the table only where it is not the usual one", () => {
    const usual = checkParameters({ ...spec, security: 192 });
    expect(parametersSpec(usual)).not.toHaveProperty("securityTable");
    expect(sameParameters(usual, checkParameters({ ...spec, security: 192, securityTable: "2018" }))).toBe(
      true,
    );
    const weaker = checkParameters(spec);
    expect(sameParameters(usual, weaker)).toBe(false);
    const recent = checkParameters({ ...spec, securityTable: "2024" });
    expect(parametersSpec(recent)).toMatchObject({ security: 128, securityTable: "2024" });
    expect(sameParameters(recent, weaker)).toBe(false);
    expect(checkParameters(JSON.parse(JSON.stringify(parametersSpec(recent))))).toEqual(recent);
    expect(checkParameters(recent)).toEqual(recent);
  });

  test("say so in one line", () => {
    expect(formatParameters(checkParameters({ ...spec, security: 192 }))).toMatch(/, 192-bit security$/);
    expect(formatParameters(checkParameters({ ...spec, securityTable: "2024" }))).toMatch(
      /, 128-bit security by the guidelines of 2024$/,
    );
  });

  test.each([
    [{ security: 192 }],
    [{ security: 256, coeffModulusBits: [38, 38, 42] }],
    [{ securityTable: "2024" }],
  ])("SEAL makes keys under %j", async (asked) => {
    const parameters = checkParameters({ ...spec, ...asked });
    const context = await SecretContext.create(parameters);
    expect(context.parameters).toEqual(parameters);
  });

  test("what is no level or no table is refused by name, and a table for none, too", () => {
    expect(refusal({ ...spec, security: 160 })).toBe(
      'parameters: security: expected 128, 192, 256 or "teaching"',
    );
    expect(refusal({ ...spec, securityTable: "2021" })).toBe(
      'parameters: securityTable: expected "2018" or "2024"',
    );
    expect(refusal({ ...spec, security: "teaching", securityTable: "2024" })).toMatch(
      /^parameters: securityTable: "teaching" is held against no table/,
    );
    for (const wrong of [[100], [128, "2030"]]) {
      expect(thrownBy(() => securityTable(...(wrong as [128, "2018"])))).toBeInstanceOf(InputError);
    }
  });
});
