import { operations, plainFactor, rotationOf, type BenchOperation } from "../bench/operations.js";
import { side, toHexadecimal, type GreyImage } from "../state/grey-levels.js";
import { benchValues, type BenchState, type DrawState } from "../state/link.js";

const rowsOf = (image: GreyImage): string[] =>
  toHexadecimal(image).match(new RegExp(`.{${side}}`, "g")) ?? [];

/** The image as a cell writes it: a hexadecimal digit a pixel, so that the drawing can be seen. */
const imageCode = (
  image: GreyImage,
): string => `// 28 × 28 pixels, a hexadecimal digit each: 0 is paper, f is ink.
const drawing = \`
${rowsOf(image).join("\n")}\`;
const pixels = Array.from(drawing.replace(/\\s/g, ""), (digit) => parseInt(digit, 16) / 15);
const image = tensor([1, 28, 28], pixels);`;

const resultCode = `logits.data.forEach((logit, digit) => console.log(digit, logit.toFixed(3)));
console.log("It is a", argmax(logits.data));`;

/** A cell that classifies the image as the page does: here, or on the server. */
export function drawCode({ model, server }: DrawState, image: GreyImage): string {
  if (server !== undefined) {
    return `import { RemoteModel, argmax, tensor } from "he-ml";

${imageCode(image)}

// The secret key is made here, and stays here.
const remote = await RemoteModel.connect(${JSON.stringify(server)}, ${JSON.stringify(model)});
const { logits, milliseconds, bytes } = await remote.infer(image);
await remote.close();

${resultCode}
console.log(milliseconds, bytes);
`;
  }
  return `import { Client, Server, argmax, compile, loadModel, modelForward, tensor } from "he-ml";

${imageCode(image)}

const model = await loadModel(${JSON.stringify(model)});
const program = await compile(model);

// The client has the secret key; the server gets keys that compute and do not decrypt.
const client = await Client.create(program.clientSpec);
const server = await Server.start(program);
const session = await server.connect(client.evaluationKeys);

const { response, traces } = await session.run(client.encrypt(image));
const logits = client.decrypt(response);
await server.close();

${resultCode}
const plain = modelForward(model, tensor([1, 1, 28, 28], pixels)).at(-1)!;
const differences = Array.from(plain.data, (value, digit) => Math.abs(value - logits.data[digit]));
console.log("Largest difference to the plain model:", Math.max(...differences));
for (const { name, level, ops, milliseconds } of traces) {
  console.log(name, \`level \${level}, \${ops.rotate} rotations, \${milliseconds.toFixed(1)} ms\`);
}
`;
}

const operationCode: Readonly<Record<BenchOperation, string>> = {
  a: "he.add(x, fresh)",
  m: "he.multiply(x, fresh)",
  q: "he.square(x)",
  h: `he.multiplyPlain(x, he.encodeScalar(${plainFactor}, { level: x.level, scale: 2 ** parameters.weightScaleBits }))`,
  l: "he.relinearize(x)",
  r: "he.rescaleToNext(x)",
  d: "he.modSwitchTo(x, x.level - 1)",
  t: `he.rotate(x, ${rotationOf("t")})`,
  T: `he.rotate(x, ${rotationOf("T")})`,
};

/** Rotations that the operations use, each once. */
const rotationsOf = (letters: readonly BenchOperation[]): number[] =>
  [...new Set(letters.filter((letter) => operations[letter].name === "rotate"))].map(rotationOf);

/** A cell that does at the bench what the page does: encrypts the values, and takes one step after the other. */
export function benchCode(state: BenchState): string {
  const { polyModulusDegree, coeffModulusBits, scaleBits, isTeaching, values, steps } = state;
  const security = isTeaching ? `,\n  security: "teaching", // none at all` : "";
  const letters = steps?.operations ?? [];
  const needs = rotationsOf(letters).map((step) => `{ step: ${step}, level: parameters.levels }`);
  return `import { PublicContext, SecretContext, checkParameters, tensor } from "he-ml";

const parameters = checkParameters({
  polyModulusDegree: ${polyModulusDegree},
  coeffModulusBits: [${coeffModulusBits.join(", ")}],
  scaleBits: ${scaleBits}${security},
});
const values = [${benchValues(values).join(", ")}];

// One value a slot: slot i holds value i, and zeros follow.
const slots = Array.from({ length: parameters.slots }, (_, slot) => slot);
const layout = { packing: "packed", slotLayout: [slots] } as const;
const filled = tensor([1, slots.length], slots.map((slot) => values[slot] ?? 0));

const client = await SecretContext.create(parameters);
const keys = client.exportEvaluationKeys([${needs.join(", ")}]);
const server = await PublicContext.load(parameters, keys, { evaluator: "seal" });
const he = server.evaluator;

const encrypted = client.encrypt(filled, layout);
const [fresh] = server.load(encrypted).ciphertexts;
let x = fresh;
const show = (step: string) => {
  const travelling = x.size === 2 ? x : he.relinearize(x);
  const opened = client.decrypt({ ...encrypted, ciphertexts: [he.save(travelling)] });
  console.log(step, \`level \${x.level}, scale 2^\${Math.log2(x.scale).toFixed(2)}:\`, [...opened.data.slice(0, 4)]);
};
show("encrypted");
${letters.map((letter) => `x = ${operationCode[letter]};\nshow(${JSON.stringify(operations[letter].title)});\n`).join("")}`;
}
