import { inWords } from "../arguments.js";
import { InputError } from "../errors.js";

/** Most bits that a modulus may have at some level of security, for each N; where the table has no N, nothing is known. */
export type SecurityTable = Readonly<Record<number, number>>;

/** Bits of security: the best known attacks take about 2 to that power steps. */
export const securityLevels = [128, 192, 256] as const;
export type SecurityLevel = (typeof securityLevels)[number];

/** The tables by their year: the HomomorphicEncryption.org standard of 2018, and the guidelines of 2024. */
export const securityTableNames = ["2018", "2024"] as const;
export type SecurityTableName = (typeof securityTableNames)[number];

/** The table that security is held against where none is named: the one that SEAL enforces. */
export const defaultSecurityTable: SecurityTableName = "2018";

/** How secure parameters that are chosen are to be. Parameters that are given have their own. */
export interface AskedSecurity {
  /** Bits of security; 128 if left out. */
  readonly security?: SecurityLevel;
  /** The table that they are held against; the standard of 2018 if left out. */
  readonly securityTable?: SecurityTableName;
}

/** A degree, and the security that a modulus must have on it. */
export interface SecureRing extends AskedSecurity {
  readonly polyModulusDegree: number;
}

export const isSecurityAsked = ({ security, securityTable: name }: AskedSecurity) =>
  (security ?? name) !== undefined;

/**
 * Most coefficient-modulus bits, special prime included, for 128-bit security with ternary secrets.
 *
 * @see HomomorphicEncryption.org security standard, 2018, table 1, as adopted by SEAL's `CoeffModulus::MaxBitCount`
 */
export const maxCoeffModulusBits: SecurityTable = {
  1024: 27,
  2048: 54,
  4096: 109,
  8192: 218,
  16384: 438,
  32768: 881,
};

/**
 * The same by estimates of 2024, a few bits stricter: 128 bits against classical attacks, ternary secrets. Parameters are
 * held against it where they ask for it (`securityTable: "2024"`); SEAL knows the older table only.
 *
 * @see Bossuat et al., "Security Guidelines for Implementing Homomorphic Encryption", https://eprint.iacr.org/2024/463,
 *   table 5.2; as numbers in https://github.com/gong-cr/FHE-Security-Guidelines, RNS-CKKS-examples/lattigo/parameters
 */
export const maxCoeffModulusBits2024: SecurityTable = {
  1024: 26,
  2048: 53,
  4096: 106,
  8192: 214,
  16384: 430,
  32768: 868,
  65536: 1747,
  131072: 3523,
};

/** Both tables at all levels, from the same sources: classical attacks, ternary secrets. */
const tables: Readonly<Record<SecurityTableName, Readonly<Record<SecurityLevel, SecurityTable>>>> = {
  "2018": {
    128: maxCoeffModulusBits,
    192: { 1024: 19, 2048: 37, 4096: 75, 8192: 152, 16384: 305, 32768: 611 },
    256: { 1024: 14, 2048: 29, 4096: 58, 8192: 118, 16384: 237, 32768: 476 },
  },
  "2024": {
    128: maxCoeffModulusBits2024,
    192: { 2048: 36, 4096: 73, 8192: 147, 16384: 297, 32768: 597, 65536: 1199, 131072: 2411 },
    256: { 2048: 27, 4096: 56, 8192: 114, 16384: 230, 32768: 462, 65536: 929, 131072: 1866 },
  },
};

/**
 * The table of most modulus bits for a level of security, N by N; where it has no N, that level is not to be had there.
 *
 * @throws InputError if there is no such level or table
 * @example securityTable(192)[16384] // 305
 * @example securityTable(192, "2024")[16384] // 297
 */
export function securityTable(
  security: SecurityLevel = 128,
  name: SecurityTableName = defaultSecurityTable,
): SecurityTable {
  if (!securityLevels.includes(security)) {
    throw new InputError(
      `securityTable: expected a security of ${anyOf(securityLevels)}, got ${inWords(security)}; take one of these`,
    );
  }
  if (!securityTableNames.includes(name)) {
    throw new InputError(
      `securityTable: expected the table of ${anyOf(securityTableNames)}, got ${inWords(name)}; take one of these`,
    );
  }
  return tables[name][security];
}

/** Most bits that a modulus may have, special prime included; 0 where the table has no such degree. */
export function mostModulusBits({ polyModulusDegree, security, securityTable: name }: SecureRing): number {
  return securityTable(security, name)[polyModulusDegree] ?? 0;
}

/** `128-bit security`, with the table where it is not the usual one; what promises none says so. */
export function formatSecurity({
  security,
  securityTable: name,
}: {
  readonly security: SecurityLevel | "teaching";
  readonly securityTable?: SecurityTableName;
}): string {
  if (security === "teaching") return "NO security (teaching parameters)";
  return `${security}-bit security${byTable(name)}`;
}

/** ` by the guidelines of 2024`; nothing where it is the usual table. */
export const byTable = (name: SecurityTableName | undefined) =>
  name === "2024" ? " by the guidelines of 2024" : "";

const anyOf = (values: readonly (string | number)[]) =>
  `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;
