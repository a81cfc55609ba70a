/** Most bits that a modulus may have at 128 bits of security, for each N; where the table has no N, nothing is known. */
export type SecurityTable = Readonly<Record<number, number>>;

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
 * The same by estimates of 2024, a few bits stricter: 128 bits against classical attacks, ternary secrets. Neither SEAL
 * nor this library holds parameters against it.
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

/** `128-bit security`; what promises none says so. */
export function formatSecurity({ security }: { readonly security: 128 | "teaching" }): string {
  return security === 128 ? "128-bit security" : "NO security (teaching parameters)";
}
