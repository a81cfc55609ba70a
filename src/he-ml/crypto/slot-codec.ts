import { BfvSlotCodec } from "./bfv/slot-codec.js";
import type { Seal, SealPlaintextHandle } from "./seal.js";

/** Turns the values of one ciphertext's slots into a plaintext of SEAL's and back. */
export interface SlotCodec {
  /** @param values as many as there are slots at most */
  encode(values: Float64Array, scale: number, plain: SealPlaintextHandle): void;
  /** @param scale of the plaintext, which in BFV it does not know itself */
  decode(plain: SealPlaintextHandle, scale: number): Float64Array;
}

/** The codec of the parameters that a SEAL instance was opened with. */
export function slotCodec(seal: Seal): SlotCodec {
  const { parameters } = seal;
  if (parameters.scheme === "bfv") return new BfvSlotCodec(seal, parameters);
  const encoder = new seal.module.CKKSEncoder(seal.context);
  return {
    encode: (values, scale, plain) => encoder.encode(values, scale, plain),
    decode: (plain) => encoder.decodeFloat64(plain) as Float64Array,
  };
}
