import { describe, expect, test } from "@jest/globals";
import { LanguageClient, type LanguageWorker } from "../../../src/notebook/browser/language-client.js";
import type { LanguageRequest, LanguageResponse } from "../../../src/notebook/browser/language-messages.js";

/** A worker that keeps what it is asked, and answers as the test says. */
class Recorder implements LanguageWorker {
  readonly requests: LanguageRequest[] = [];
  ended = false;
  onmessage: LanguageWorker["onmessage"] = null;
  onerror: LanguageWorker["onerror"] = null;
  postMessage(request: LanguageRequest): void {
    this.requests.push(request);
  }
  terminate(): void {
    this.ended = true;
  }
  answer(response: LanguageResponse): void {
    this.onmessage?.({ data: response });
  }
}

function started(): { client: LanguageClient; workers: Recorder[] } {
  const workers: Recorder[] = [];
  const client = new LanguageClient(() => {
    const worker = new Recorder();
    workers.push(worker);
    return worker;
  });
  return { client, workers };
}

describe("what asks the language worker", () => {
  test("starts it by the first question, and tells it of all cells", async () => {
    const { client, workers } = started();
    client.cellRan("a");
    client.cellRan("b");
    expect(workers).toEqual([]);
    const asked = client.isComplete("x");
    client.cellRan("c");
    const [worker] = workers as [Recorder];
    expect(worker.requests.map(({ ask, code }) => [ask, code])).toEqual([
      ["cellRan", "a"],
      ["cellRan", "b"],
      ["isComplete", "x"],
      ["cellRan", "c"],
    ]);
    worker.answer({ id: worker.requests[0]!.id, answer: undefined });
    worker.answer({ id: worker.requests[2]!.id, answer: { status: "invalid" } });
    expect(await asked).toEqual({ status: "invalid" });
  });

  test("gives each question its own answer", async () => {
    const { client, workers } = started();
    const both = Promise.all([client.isComplete("x"), client.isComplete("y")]);
    const [first, second] = workers[0]!.requests;
    workers[0]!.answer({ id: second!.id, answer: { status: "unknown" } });
    workers[0]!.answer({ id: first!.id, answer: { status: "complete" } });
    expect(await both).toEqual([{ status: "complete" }, { status: "unknown" }]);
  });

  test("says why there is no answer, and starts another worker for the next question", async () => {
    const { client, workers } = started();
    client.cellRan("a");
    const refused = client.complete("x", 1);
    workers[0]!.answer({ id: workers[0]!.requests[1]!.id, error: "no types" });
    await expect(refused).rejects.toThrow("no types");
    const lost = client.inspect("x", 1, 0);
    workers[0]!.onerror!({ message: "gone" });
    await expect(lost).rejects.toThrow("language worker: gone");
    expect(workers[0]!.ended).toBe(true);
    void client.inspect("y", 1, 1).catch(() => undefined);
    expect(workers[1]!.requests.map(({ ask }) => ask)).toEqual(["cellRan", "inspect"]);
  });
});
