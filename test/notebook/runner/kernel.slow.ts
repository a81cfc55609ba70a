import { beforeAll, expect, test } from "@jest/globals";
import { join } from "node:path";
import { inNode, root } from "../support.js";

const code = `import { tensor, errorStatistics } from "he-ml";\nimport * as viz from "he-ml/viz";\nviz.err`;
const disposable = `{ await using it = { alphabet: 1, [Symbol.asyncDispose]: async () => {} };\nit.alp`;
const hover = `import { tensor } from "he-ml";\ntensor([1], [2])`;
const lastValues = [
  `({ data: [{ type: "bar", x: [1, 2], y: [3, 4] }], layout: { title: "Mine" } })`,
  `({ [Symbol.for("Jupyter.display")]: async () => ({ "image/png": new Uint8Array([1, 2, 3]) }) })`,
  `({ data: [{ type: "bar", y: [1n] }], layout: {} })`,
  `({ [Symbol.for("Jupyter.display")]: () => ({ "application/json": 1n }) })`,
  `({ data: [1, 2], layout: {} })`,
];

interface Answers {
  readonly asked: unknown;
  readonly afterFailure: Record<"goOn" | "stop", readonly { readonly status: string }[]>;
  readonly shown: unknown;
  readonly afterForgery: unknown;
}

let answers: Answers;

/** One kernel, which takes seconds to start, does for all. */
beforeAll(async () => {
  answers = (await inNode(`
    import { createRequire } from "node:module";
    import { rmSync } from "node:fs";
    import { mkdtemp, readdir, readFile } from "node:fs/promises";
    import { tmpdir } from "node:os";
    import { join } from "node:path";

    const own = process.env.TMPDIR = await mkdtemp(join(tmpdir(), "he-ml-test-"));
    process.on("exit", () => rmSync(own, { recursive: true }));
    await using kernel = await Kernel.start({ cwd: own });

    async function ask() {
      const code = ${JSON.stringify(code)}, hover = ${JSON.stringify(hover)};
      const types = [];
      return {
        info: kernel.languageInfo,
        complete: await kernel.request("complete_request", { code, cursor_pos: code.length }),
        completeUsing: await kernel.request("complete_request", {
          code: ${JSON.stringify(disposable)}, cursor_pos: ${disposable.length},
        }),
        inspect: await kernel.request("inspect_request", { code: hover, cursor_pos: hover.indexOf("tensor([") + 1, detail_level: 0 }),
        comms: await kernel.request("comm_info_request", {}),
        ran: await kernel.execute("1 +", { stopOnError: false, onPublished: ({ header }) => types.push(header.msg_type) }),
        types,
      };
    }

    const fail = (stopOnError) => Promise.all([
      kernel.execute("throw new RangeError('mine')", { stopOnError }),
      kernel.execute("await new Promise((resolve) => setTimeout(resolve, 300))"),
      kernel.execute("3"),
    ]);

    async function show() {
      const shown = [];
      for (const cell of ${JSON.stringify(lastValues)}) {
        const outputs = [];
        const { status } = await kernel.execute(cell, {
          onPublished: ({ header, content }) => outputs.push([header.msg_type, Object.keys(content.data ?? {})]),
        });
        shown.push([status, ...outputs.filter(([type]) => type !== "status" && type !== "execute_input")]);
      }
      return shown;
    }

    async function forge() {
      const [folder] = (await readdir(own)).filter((name) => name.startsWith("he-ml-kernel-"));
      const connection = JSON.parse(await readFile(join(own, folder, "connection.json"), "utf8"));
      const { Dealer } = createRequire(${JSON.stringify(join(root, "package.json"))})("zeromq");
      const published = [];
      const onPublished = ({ header, content }) => published.push([header.msg_type, content.text ?? ""].join(" "));
      await kernel.execute("1", { onPublished });
      const forged = ["<IDS|MSG>", "", JSON.stringify({ msg_type: "execute_request" }), "{}", "{}", "{}"];
      for (const port of [connection.shell_port, connection.control_port]) {
        const dealer = new Dealer({ linger: 1000 });
        dealer.connect("tcp://127.0.0.1:" + port);
        for (const frames of ["garbage", [], ["<IDS|MSG>"], ["<IDS|MSG>", "", "{"], ["<IDS|MSG>", "", "null"], forged]) {
          await dealer.send(frames);
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
        dealer.close();
      }
      const shell = await kernel.execute("2");
      const control = await kernel.request("kernel_info_request", {}, { channel: "control" });
      return { shell: shell.status, control: control.status, published };
    }

    const asked = await ask();
    const goOn = await fail(false);
    const shown = await show();
    const afterForgery = await forge();
    // Last, since for a while the kernel runs nothing after it.
    const afterFailure = { goOn, stop: await fail(true) };
    console.log(JSON.stringify({ asked, afterFailure, shown, afterForgery }));
  `)) as Answers;
});

test("cells have completion, documentation and types for the library, wherever the notebook lies", () => {
  expect(answers.asked).toMatchObject({
    info: { name: "typescript", version: expect.stringMatching(/^5\./) },
    complete: { status: "ok", matches: expect.arrayContaining(["errorPerLayer"]) },
    completeUsing: { status: "ok", matches: ["alphabet"] },
    inspect: { status: "ok", found: true, data: { "text/plain": expect.stringContaining("tensor(shape: ") } },
    comms: { status: "ok", comms: {} },
    ran: { status: "error", execution_count: 1, ename: "TypeScriptError", evalue: expect.any(String) },
    types: ["status", "execute_input", "error", "status"],
  });
});

test("frames that are no message, or not signed with the kernel's key, are passed over", () => {
  expect(answers.afterForgery).toEqual({
    shell: "ok",
    control: "ok",
    published: ["status ", "execute_input ", "stream 1\n", "status "],
  });
});

test.each([
  { stopOnError: false, cells: "goOn", firstCount: 2, after: ["ok", "ok"] },
  { stopOnError: true, cells: "stop", firstCount: 12, after: ["aborted", "aborted"] },
] as const)(
  "cells that wait behind one that fails with stop_on_error $stopOnError: $after",
  ({ cells, firstCount, after }) => {
    const [failed, ...others] = answers.afterFailure[cells];
    expect(failed).toMatchObject({
      status: "error",
      ename: "RangeError",
      evalue: "mine",
      execution_count: firstCount,
    });
    expect(others.map(({ status }) => status)).toEqual(after);
  },
);

test("a cell's last value shows as with show, and as text where that cannot be", () => {
  const text = ["ok", ["stream", []]];
  expect(answers.shown).toEqual([
    ["ok", ["execute_result", ["application/vnd.plotly.v1+json", "image/png", "text/plain"]]],
    ["ok", ["execute_result", ["image/png"]]],
    text,
    text,
    text,
  ]);
});
