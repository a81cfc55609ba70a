import type * as exercises from "../../src/notebook/exercises/index.js";
import type * as heMl from "../../src/he-ml/index.js";
import type * as notebook from "../../src/notebook/display/index.js";
import type * as viz from "../../src/viz/index.js";

/** What cells import. */
export interface Libraries {
  readonly exercises: typeof exercises;
  readonly heMl: typeof heMl;
  readonly notebook: typeof notebook;
  readonly viz: typeof viz;
}

/**
 * What cells of notebooks do, in Node as in a page: it is sent there as text, and so uses nothing from outside of itself.
 *
 * @returns what the checks threw
 */
export async function cells({ exercises, heMl, notebook, viz }: Libraries): Promise<string[]> {
  const { show, table } = notebook;
  const { check } = exercises;
  const { Client, Program, Server } = heMl;

  await show(table([{ packing: "batch", bytes: 393_216, of: "日本" }, { bytes: 12 }], { caption: "Sizes" }));
  const axes = { title: "Errors", x: { title: "layer" }, y: { title: "error" } };
  await show(viz.linePlot([{ name: "one", x: [1, 2], y: [0.1, 0.2] }], axes), { width: 350 });
  await show(viz.digits([{ pixels: Array.from({ length: 784 }, (_, i) => i / 784), predicted: 1 }]));
  await show(viz.keySwitch());
  await show({ values: new Map([[1n, new Float64Array(3)]]), of: Map, next: [null, -0, "a'b"] });

  await check.multiplyMod((a, b) => {
    const product = new Array<bigint>(8).fill(0n);
    a.forEach((x, i) => b.forEach((y, j) => (product[(i + j) % 8] += i + j < 8 ? x * y : -x * y)));
    return product;
  });
  await check.byteBudget(async ({ images, mostBytesUp, mostBytesDown }, told) => {
    for (const options of [{}, { mostInputCiphertexts: 2 }, { packing: "batch" as const }]) {
      const { input, output, evaluationKeys, imagesPerMessage } = await told(options);
      const messages = Math.ceil(images / imagesPerMessage);
      if (evaluationKeys + messages * input <= mostBytesUp && messages * output <= mostBytesDown)
        return options;
    }
    return undefined;
  });
  await check.serveOnce(async (programJson, evaluationKeys, request) => {
    const server = await Server.start(Program.fromJSON(programJson), { threads: 0 });
    const { response } = await (await server.connect(evaluationKeys)).run(request);
    await server.close();
    return response;
  });
  await check.splitInference(async ([first, second], servers, image) => {
    const client = await Client.create(first, { security: "teaching" });
    const next = client.continuedBy(second);
    const one = await servers[0].connect(client.evaluationKeys);
    const two = await servers[1].connect(next.evaluationKeys);
    return next.decrypt(await two.run(await one.run(client.encrypt(image))));
  });

  const refused = [
    () => check.multiplyMod(() => [1n, 2n]),
    () => check.multiplyMod(() => [1, "2", { of: [3] }] as never),
    () => check.multiplyMod(() => new Map([["a", 1n]]) as never),
    () =>
      check.encodeSlots(() => {
        throw new Error("Your turn");
      }),
  ];
  const thrown: string[] = [];
  for (const attempt of refused) await attempt().catch((error: unknown) => thrown.push(String(error)));
  await show(check.golf());
  return thrown;
}
