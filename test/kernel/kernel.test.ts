import { expect, test } from "@jest/globals";
import { inNode } from "./support.js";

const code = `import { tensor, errorStatistics } from "he-ml";\nimport * as viz from "he-ml/viz";\nviz.err`;
const hover = `import { tensor } from "he-ml";\ntensor([1], [2])`;

test("cells have completion, documentation and types for the library, wherever the notebook lies", async () => {
  const answers = await inNode(`
    import { tmpdir } from "node:os";
    await using kernel = await Kernel.start({ cwd: tmpdir() });
    const code = ${JSON.stringify(code)}, hover = ${JSON.stringify(hover)};
    const types = [];
    const answers = {
      info: kernel.languageInfo,
      complete: await kernel.request("complete_request", { code, cursor_pos: code.length }),
      inspect: await kernel.request("inspect_request", { code: hover, cursor_pos: hover.indexOf("tensor([") + 1, detail_level: 0 }),
      comms: await kernel.request("comm_info_request", {}),
      ran: await kernel.execute("1 +", { onPublished: ({ header }) => types.push(header.msg_type) }),
      types,
    };
    console.log(JSON.stringify(answers));
  `);
  expect(answers).toMatchObject({
    info: { name: "typescript", version: expect.stringMatching(/^5\./) },
    complete: { status: "ok", matches: expect.arrayContaining(["errorPerLayer"]) },
    inspect: { status: "ok", found: true, data: { "text/plain": expect.stringContaining("tensor(shape: ") } },
    comms: { status: "ok", comms: {} },
    ran: { status: "error", execution_count: 1, ename: "TypeScriptError", evalue: expect.any(String) },
    types: ["status", "execute_input", "error", "status"],
  });
});
