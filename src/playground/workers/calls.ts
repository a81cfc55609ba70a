/** Methods of a worker, called by messages; all that they give is of type `Result`. */
export type Work<Methods, Result = unknown> = {
  readonly [Name in keyof Methods]: (...given: never[]) => Promise<Result>;
};

interface Call {
  readonly id: number;
  readonly name: string;
  readonly given: readonly unknown[];
}

type Reply =
  { readonly id: number; readonly result: unknown } | { readonly id: number; readonly failed: string };

/** What is said of an error: the message, which with an `InputError` tells what to do. */
export const sentenceOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** In a worker: does what the page asks for, one call after the other, and sends back what each gives. */
export function answerCalls<Result>() {
  return <Methods extends Work<Methods, Result>>(methods: Methods): void => {
    let before = Promise.resolve();
    self.onmessage = ({ data: { id, name, given } }: MessageEvent<Call>) => {
      const method = methods[name as keyof Methods] as unknown as (...given: unknown[]) => Promise<Result>;
      before = before.then(async () => {
        const reply = await method(...given).then(
          (result): Reply => ({ id, result }),
          (error: unknown): Reply => ({ id, failed: sentenceOf(error) }),
        );
        self.postMessage(reply);
      });
    };
  };
}

/** A worker as the page calls it. */
export type Called<Methods> = Methods & { end(): void };

/**
 * Starts a worker of this page's folder.
 *
 * A worker of its own address would answer to the headers of that address alone; one that begins as a blob has this page's
 * Content-Security-Policy, so that the key worker, too, can reach only what the page may.
 *
 * @param name of its script, without `.js`
 */
export function startWorker<Methods>(name: string): Called<Methods> {
  const script = new URL(`${name}.js`, document.baseURI).href;
  const beginning = URL.createObjectURL(
    new Blob([`import ${JSON.stringify(script)};`], { type: "text/javascript" }),
  );
  const worker = new Worker(beginning, { type: "module", name });
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  let calls = 0;
  worker.onmessage = ({ data }: MessageEvent<Reply>) => {
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if ("failed" in data) call?.reject(new Error(data.failed));
    else call?.resolve(data.result);
  };
  let failed: Error | undefined;
  worker.onerror = ({ message }) => {
    failed = new Error(
      `${name} does not start: ${message || "its script cannot be loaded"}; reload the page`,
    );
    for (const { reject } of waiting.values()) reject(failed);
    waiting.clear();
  };
  const end = () => {
    worker.terminate();
    URL.revokeObjectURL(beginning);
  };
  return new Proxy({} as Called<Methods>, {
    get: (_, method) => {
      if (method === "end") return end;
      return (...given: unknown[]) =>
        new Promise((resolve, reject) => {
          if (failed) return reject(failed);
          const id = calls++;
          waiting.set(id, { resolve, reject });
          worker.postMessage({ id, name: String(method), given } satisfies Call);
        });
    },
  });
}
