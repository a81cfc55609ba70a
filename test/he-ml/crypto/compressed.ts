import initialize from "node-seal";
import { PublicContext } from "../../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { rejectedBy, thrownBy } from "../support.js";
import { expectInputError, ours, parameters, polyModulusDegree, side, withFirst } from "./contexts.js";

/** Bytes that SEAL would decompress are refused, be they of ciphertexts or of keys. */
export async function checkCompressed(compression: "zlib" | "zstd"): Promise<void> {
  const seal = await initialize();
  using parms = new seal.EncryptionParameters(seal.SchemeType.ckks);
  parms.setPolyModulusDegree(polyModulusDegree);
  using primes = seal.CoeffModulus.Create(polyModulusDegree, Int32Array.from(parameters.coeffModulusBits));
  parms.setCoeffModulus(primes);
  using context = new seal.SEALContext(parms, true, seal.SecLevelType.none);
  const recompress = (
    object: { loadFromArray(c: unknown, b: unknown): void; saveToArray(m: unknown): Uint8Array },
    bytes: Uint8Array,
    mode: unknown,
  ) => {
    object.loadFromArray(context, bytes);
    return object.saveToArray(mode);
  };
  const mode = seal.ComprModeType[compression];
  const bytes = recompress(new seal.Ciphertext(), ours.ciphertexts[0], mode);
  // SEAL itself takes them.
  new seal.Ciphertext().loadFromArray(context, bytes);
  expectInputError(
    thrownBy(() => side.server.load(withFirst(bytes))),
    /uncompressed/,
  );
  expectInputError(
    thrownBy(() => side.client.decrypt(withFirst(bytes))),
    /uncompressed/,
  );
  const keys = side.client.exportEvaluationKeys();
  const publicKey = recompress(new seal.PublicKey(), keys.publicKey, mode);
  expectInputError(await rejectedBy(() => PublicContext.load(parameters, { ...keys, publicKey })));
  const relinKeys = recompress(new seal.RelinKeys(), keys.relinKeys, mode);
  expectInputError(await rejectedBy(() => PublicContext.load(parameters, { ...keys, relinKeys })));
  const secretKey = recompress(new seal.SecretKey(), side.client.exportSecretKey(), mode);
  expectInputError(await rejectedBy(() => SecretContext.fromSecretKey(parameters, secretKey)));
}
