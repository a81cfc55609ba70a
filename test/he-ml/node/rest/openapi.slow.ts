import { expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../../../scripts/check-openapi.sh", import.meta.url));

test("schemathesis finds no answer that the document does not tell of, and no mistake of the server's", async () => {
  const child = spawn(script, { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  }
  const [status] = (await once(child, "close")) as [number | null];
  expect({ status, text }).toEqual({ status: 0, text: expect.stringContaining("No issues found") });
}, 180_000);
