import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
// Worker threads load plain JavaScript, so the service is tested as it is built.
import {
  Program,
  Server,
  explain,
  imageAt,
  tensor,
  type Client,
  type Session,
} from "../../../dist/he-ml/node/index.js";
import type { EvaluatorKind } from "../../../dist/he-ml/crypto/evaluator-kind.js";
import { payloadLength } from "../../../dist/he-ml/crypto/byte-format.js";
import { rejectedBy, thrownBy } from "../support.js";
import {
  compiled,
  clientOf,
  images,
  negative,
  tolerance,
  expectLogits,
  refusal,
  type packings,
} from "./support.js";

type Case = readonly [packing: (typeof packings)[number], threads: number, evaluator: EvaluatorKind];

/** What any server answers, in these packings, on so many threads, on this evaluator. */
export function describeAnswers(cases: readonly Case[]): void {
  describe.each(cases)("packing %s on %p thread(s) of %s", (packing, threads, evaluator) => {
    let program: Program;
    let server: Server;
    let alice: Client;
    let session: Session;
    beforeAll(async () => {
      program = await compiled({ packing });
      alice = await clientOf(program);
      server = await Server.start(program, { threads, evaluator });
      session = await server.connect(alice.evaluationKeys);
    });
    afterAll(() => server.close());

    test("gives the plain result, a trace for each step, and progress", async () => {
      const progress: string[] = [];
      const { response, traces } = await session.run(alice.encrypt(images), {
        twin: alice.twin(images),
        onProgress: ({ layer, done, total }) => void (done === total && progress.push(layer)),
      });
      expectLogits(alice.decrypt(response), images);
      const { stages } = explain(program);
      expect(traces.map(({ name }) => name)).toEqual(stages.map(({ name }) => name));
      traces.forEach(({ level, scaleBits, security, milliseconds, error }, i) => {
        expect(level).toBe(stages[i].level);
        expect(scaleBits).toBeCloseTo(stages[i].scaleBits, 9);
        expect(security).toBe("teaching");
        expect(milliseconds).toBeGreaterThan(0);
        expect(error!.maxAbs).toBeLessThan(tolerance);
      });
      if (threads > 0) expect(progress).toEqual(expect.arrayContaining(traces.map(({ name }) => name)));
    });

    test("one image takes the operations and bytes that were explained", async () => {
      const image = imageAt(images, 0);
      const request = alice.encrypt(image);
      const { response, traces } = await session.run(request);
      const { stages, bytes } = explain(program);
      expect(traces.map(({ ops }) => ops)).toEqual(stages.map(({ ops }) => ops));
      expect(bytes).toEqual({
        input: payloadLength(request),
        output: payloadLength(response),
        evaluationKeys: payloadLength(alice.evaluationKeys),
      });
      expectLogits(alice.decrypt(response), tensor([1, 1, 6, 6], image.data));
    });

    test("serves two clients with different keys at once, each with its own answer", async () => {
      const bob = await clientOf(program);
      const other = await server.connect(bob.evaluationKeys);
      const [{ response: a }, { response: b }, { response: c }] = await Promise.all([
        session.run(alice.encrypt(images)),
        other.run(bob.encrypt(negative)),
        session.run(alice.encrypt(negative)),
      ]);
      expectLogits(alice.decrypt(a), images);
      expectLogits(bob.decrypt(b), negative);
      expectLogits(alice.decrypt(c), negative);
      expect(String(thrownBy(() => alice.decrypt(b)))).toMatch(/InputError: decrypt: .* another client's/);
      expect(await refusal(() => session.run(bob.encrypt(images)))).toMatch(/^run: .* another client's/);
      await other.close();
      expect(await refusal(() => other.run(bob.encrypt(images)))).toMatch(/session: it is closed/);
      expectLogits(alice.decrypt((await session.run(alice.encrypt(images))).response), images);
    });

    test("many clients connect, run and leave at once, some while they run", async () => {
      const bob = await clientOf(program);
      await Promise.all(
        [alice, bob, alice, bob].map(async (client, i) => {
          const own = await server.connect(client.evaluationKeys);
          const running = own.run(client.encrypt(images));
          if (i < 2) {
            expectLogits(client.decrypt((await running).response), images);
            await own.close();
          } else {
            const [error] = await Promise.all([rejectedBy(() => running), own.close()]);
            expect(String(error)).toMatch(/InputError: session: it is closed/);
          }
        }),
      );
      expect(server.sessions).toBe(1);
      expectLogits(alice.decrypt((await session.run(alice.encrypt(images))).response), images);
    });

    test("a server that is closed in the middle of a run says so, and so do its sessions", async () => {
      const short = await Server.start(program, { threads, evaluator });
      const own = await short.connect(alice.evaluationKeys);
      const running = [own.run(alice.encrypt(images)), own.run(alice.encrypt(images))];
      const errors = Promise.all(running.map((run) => rejectedBy(() => run)));
      await Promise.all([own.close(), short.close(), own.close()]);
      for (const error of await errors)
        expect(String(error)).toMatch(/^InputError: (session|server): it is closed/);
      expect(await refusal(() => short.connect(alice.evaluationKeys))).toMatch(/server: it is closed/);
    });

    test("an abort stops it with the signal's reason, and the next run works", async () => {
      const reason = new Error("enough");
      const controller = new AbortController();
      const run = session.run(alice.encrypt(images), {
        signal: controller.signal,
        onProgress: () => controller.abort(reason),
      });
      if (threads > 0) expect(await rejectedBy(() => run)).toBe(reason);
      else await run.catch((error: unknown) => expect(error).toBe(reason));
      const early = session.run(alice.encrypt(images), { signal: AbortSignal.abort(reason) });
      expect(await rejectedBy(() => early)).toBe(reason);
      expectLogits(alice.decrypt((await session.run(alice.encrypt(images))).response), images);
    });

    test("who leaves after the first trace stops it, and the next run works", async () => {
      for await (const { name } of session.forward(alice.encrypt(images))) {
        expect(name).toBe(explain(program).stages[0].name);
        break;
      }
      expectLogits(alice.decrypt((await session.run(alice.encrypt(images))).response), images);
    });

    test("damaged requests are refused in one line, and the next run works", async () => {
      const request = alice.encrypt(images);
      const flipped = request.slice();
      // Behind the header of the first ciphertext: its parms id.
      const start =
        flipped.length - (alice.encrypt(images).length - 9) + new DataView(flipped.buffer).getUint32(5, true);
      flipped[start + 20] ^= 0xff;
      for (const bad of [request.subarray(0, -1), request.subarray(0, 50), new Uint8Array(9), flipped]) {
        await refusal(() => session.run(bad));
      }
      expectLogits(alice.decrypt((await session.run(request)).response), images);
    });

    test("is run elsewhere without planning again", async () => {
      const again = Program.fromJSON(JSON.parse(JSON.stringify(program)));
      const elsewhere = await Server.start(again, { threads, evaluator });
      const remote = await elsewhere.connect(alice.evaluationKeys);
      const { response } = await remote.run(alice.encrypt(images));
      expectLogits(alice.decrypt(response), images);
      await elsewhere.close();
    });
  });
}
