import { Program, Server, accuracy, infer, tensor, type EvaluatorKind, type LayerTrace } from "he-ml";

/** What a server of a page is to compute. */
export interface Asked {
  /** A folder beside the script, with a program, evaluation keys and a request. */
  readonly folder: string;
  readonly evaluator?: EvaluatorKind;
  readonly threads?: number;
}

export interface Served {
  readonly threads: number;
  /** SHA-256 of the response, in hexadecimal. */
  readonly digest: string;
  readonly traces: readonly LayerTrace[];
  /** Layers that were said to be done on the way. */
  readonly progress: readonly string[];
  /** Threads that lived while it was open, and behind it. */
  readonly living: number;
  readonly left: number;
}

const fetched = async (address: string) => new Uint8Array(await (await fetch(address)).arrayBuffer());

async function given(folder: string) {
  const at = (name: string) => new URL(`${folder}/${name}`, import.meta.url).href;
  const [program, keys, request] = await Promise.all(
    ["program.json", "keys.bin", "request.bin"].map((name) => fetched(at(name))),
  );
  return { program: Program.fromJSON(JSON.parse(new TextDecoder().decode(program))), keys, request };
}

async function livingThreads(): Promise<number> {
  const { held = [] } = await navigator.locks.query();
  return held.filter(({ name }) => name!.startsWith("he-ml thread ")).length;
}

/** Serves a request, in the page or in whichever worker calls it. */
export async function serve({ folder, ...options }: Asked): Promise<Served> {
  const { program, keys, request } = await given(folder);
  const server = await Server.start(program, { ...options, blindAnswers: false });
  const session = await server.connect(keys);
  const progress: string[] = [];
  const { response, traces } = await session.run(request, {
    onProgress: ({ layer, done, total }) => void (done === total && progress.push(layer)),
  });
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", response as BufferSource));
  const living = await livingThreads();
  await server.close();
  return {
    threads: server.threads,
    digest: Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""),
    // As Firefox is driven, what is there twice would be lost.
    traces: JSON.parse(JSON.stringify(traces)) as LayerTrace[],
    progress,
    living,
    left: await livingThreads(),
  };
}

/** The same, with a worker of the page's as the place where it is coordinated. */
export function serveInWorker(asked: Asked): Promise<Served> {
  const worker = new Worker(new URL("./threads-worker.js", import.meta.url), { type: "module" });
  return new Promise<Served>((resolve, reject) => {
    worker.onerror = ({ message }) => reject(new Error(`worker: ${message}`));
    worker.onmessage = ({ data }: MessageEvent<Served | string>) =>
      typeof data === "string" ? reject(new Error(data)) : resolve(data);
    worker.postMessage(asked);
  }).finally(() => worker.terminate());
}

/** What is said where one thread of two is lost: asked to compute, asked to take keys, and at last how many live. */
export async function lose(
  { folder, ...options }: Asked,
  how: "it ends" | "it throws",
): Promise<readonly [string, string, number]> {
  const { program, keys, request } = await given(folder);
  const started: Worker[] = [];
  const Original = Worker;
  globalThis.Worker = class extends Original {
    constructor(...parts: ConstructorParameters<typeof Worker>) {
      super(...parts);
      started.push(this);
    }
  };
  const server = await Server.start(program, { ...options, threads: 2 });
  globalThis.Worker = Original;
  const session = await server.connect(keys);
  if (how === "it ends") started[1].terminate();
  else started[1].dispatchEvent(new ErrorEvent("error", { message: "out of memory" }));
  const said = (asked: Promise<unknown>) => asked.then(() => "nothing", String);
  const computing = await said(session.run(request));
  const opening = await said(server.connect(keys));
  await server.close();
  return [computing, opening, await livingThreads()];
}

/** Threads that `infer` and `accuracy` take by themselves, and what they find. */
export async function inferred(folder: string, shape: readonly number[], data: readonly number[]) {
  const { program } = await given(folder);
  const images = tensor(shape, [...data]);
  const { threads, results } = await infer(program, images);
  const { chunks } = await accuracy(program, images, new Array<number>(shape[0]).fill(0));
  return {
    cores: navigator.hardwareConcurrency,
    threads: [threads, ...chunks.map((chunk) => chunk.threads)],
    results: results.map(({ logits, plainLogits }) => ({ logits, plainLogits })),
  };
}
