import { ClearContext } from "../../he-ml/crypto/clear-context.js";
import { formatChain, type CkksParameters } from "../../he-ml/crypto/parameters.js";
import { formatModulus, type SchemeParameters } from "../../he-ml/crypto/scheme-parameters.js";
import { keyBytes, PublicContext, type EvaluationKeys } from "../../he-ml/crypto/public-context.js";
import type { RotationNeed } from "../../he-ml/crypto/rotation-keys.js";
import { SecretContext } from "../../he-ml/crypto/secret-context.js";
import { bfvParametersGrid } from "./bfv-grids.js";
import { factsGrid, type Fact, type Grid } from "./grid.js";
import { formatBytes, formatScale } from "./numbers.js";

type Context = SecretContext<SchemeParameters> | PublicContext<SchemeParameters> | ClearContext;

export function isContext(value: unknown): value is Context {
  return value instanceof SecretContext || value instanceof PublicContext || value instanceof ClearContext;
}

export function contextGrid(context: Context): Grid {
  const { parameters } = context;
  const [caption, ...roles] = describe(context);
  return factsGrid(caption, [
    ...roles,
    ["ring degree N", String(parameters.polyModulusDegree)],
    ...(parameters.scheme === "bfv"
      ? [
          ["plain modulus p", String(parameters.plainModulus)] as Fact,
          ["encoding", parameters.encoding] as Fact,
        ]
      : []),
    ["slots", String(parameters.slots)],
    [parameters.scheme === "bfv" ? "primes" : "modulus chain", formatModulus(parameters)],
    ["security", securityText(parameters.security)],
  ]);
}

function describe(context: Context): readonly [caption: string, ...roles: Fact[]] {
  if (context instanceof SecretContext) {
    return [
      "SecretContext",
      ["role", "client: makes the keys, encrypts and decrypts"],
      ["secret key", "held here, not shown"],
    ];
  }
  if (context instanceof PublicContext) {
    return [
      "PublicContext",
      ["role", "server: computes on ciphertexts, cannot decrypt"],
      ["keys", "public and evaluation keys at most; no secret key"],
    ];
  }
  return [
    "ClearContext",
    ["role", "client and server in one, on plain numbers"],
    ["keys", "none: nothing is encrypted"],
  ];
}

export function securityText(security: CkksParameters["security"]): string {
  return security === "teaching" ? "NONE (teaching parameters)" : `${security} bits`;
}

const tableInWords = (name: CkksParameters["securityTable"]) =>
  name === "2024" ? "guidelines of 2024" : "HomomorphicEncryption.org standard of 2018";

export function parametersGrid(parameters: SchemeParameters): Grid {
  if (parameters.scheme === "bfv") return bfvParametersGrid(parameters, securityFact(parameters));
  const { polyModulusDegree, slots, levels, coeffModulusBits, scaleBits, weightScaleBits } = parameters;
  const total = coeffModulusBits.reduce((sum, bits) => sum + bits, 0);
  return factsGrid("CKKS parameters", [
    ["polyModulusDegree", String(polyModulusDegree), "ring degree N: larger is safer and slower"],
    ["slots", String(slots), "values in one ciphertext, N / 2"],
    ["coeffModulusBits", formatChain(parameters), "sizes of the primes in bits; the last is for keys only"],
    ["in all", `${total} bits`, "length of the coefficient modulus: security allows only so many for each N"],
    ["levels", String(levels), "data primes of a fresh ciphertext; a rescale uses one up"],
    ["scaleBits", String(scaleBits), `inputs are multiplied by ${formatScale(scaleBits)} and rounded`],
    ["weightScaleBits", String(weightScaleBits), `weights are multiplied by ${formatScale(weightScaleBits)}`],
    securityFact(parameters),
  ]);
}

function securityFact({ security, securityTable }: SchemeParameters): Fact {
  return [
    "security",
    securityText(security),
    security === "teaching"
      ? "anyone can break it: for learning only"
      : `by the ${tableInWords(securityTable)}: the best attacks known then need about 2^${security} steps`,
  ];
}

export function evaluationKeysGrid(keys: EvaluationKeys): Grid {
  const { publicKey, relinKeys, rotationKeys = [] } = keys;
  const rotationBytes = rotationKeys.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return factsGrid("Evaluation keys: what the server gets; nothing in them decrypts", [
    ["publicKey", formatBytes(publicKey.length), "encrypts; the server makes encryptions of zero with it"],
    ...(relinKeys
      ? [
          [
            "relinKeys",
            formatBytes(relinKeys.length),
            "relinearization: shrink a product from three polynomials to two",
          ] as Fact,
        ]
      : []),
    ...(rotationKeys.length === 0
      ? []
      : [["rotationKeys", formatBytes(rotationBytes), rotationsText(rotationKeys)] as Fact]),
    ["in all", formatBytes(keyBytes(keys)), "sent once, before the first image"],
  ]);
}

/** @example rotationsText([{ step: 1, level: 2 }, { step: 4, level: 2 }]) // "slots moved by 1, 4 (level 2)" */
export function rotationsText(rotations: readonly RotationNeed[]): string {
  const levels = [...new Set(rotations.map(({ level }) => level))].sort((a, b) => b - a);
  const parts = levels.map((level) => {
    const steps = rotations.filter((rotation) => rotation.level === level).map(({ step }) => step);
    return `${steps.join(", ")} (level ${level})`;
  });
  return `slots moved by ${parts.join("; ")}`;
}

/** The first digits of a digest or of a key's number, enough to tell two apart. */
export const digestText = (digest: string) => `${digest.slice(0, 12)}…`;
