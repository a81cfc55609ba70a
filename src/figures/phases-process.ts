import { timed } from "../he-ml/service/timed.js";
import type { PhaseValues } from "./phases.js";
import { imagesOf, programOf, TimedInference, type InferenceCase } from "./timed-inference.js";

/*
 * A process of its own for each measurement, as memory once taken is not given back: does all phases of one inference, and says what each
 * took, as JSON. The first evaluation of a packed program is not timed: it is not warm.
 */
const given = JSON.parse(process.argv[2]) as InferenceCase & { readonly images: number };
const [program, compile] = await timed(() => programOf(given));
const inference = await TimedInference.open(program);
const images = await imagesOf(given.model, given.images);
if (program.packing === "packed") await inference.run(images);
const { encrypt, evaluate, decrypt } = (await inference.run(images)).milliseconds;
const values: PhaseValues = {
  ...{ keys: inference.setup.keys, compile, encode: inference.setup.encode, encrypt, evaluate, decrypt },
  peakBytes: 1024 * process.resourceUsage().maxRSS,
};
process.stdout.write(JSON.stringify(values));
