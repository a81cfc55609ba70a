import { describe, expect, test } from "@jest/globals";
import { fromFrames, newRequest, toFrames } from "../../../src/notebook/runner/protocol/message.js";

const key = "secret";
const request = newRequest("execute_request", "session", { code: "1 + é" });

describe("a Jupyter message", () => {
  test("comes back from its frames, behind whatever routing prefix", () => {
    const frames = [Buffer.from("peer"), ...toFrames(request, key)];
    expect(fromFrames(frames, key)).toEqual(request);
  });

  test("that was changed, signed with another key, or is cut short is none", () => {
    const changed = toFrames(request, key);
    changed[5] = Buffer.from(JSON.stringify({ code: "2 + é" }));
    expect(fromFrames(changed, key)).toBeUndefined();
    expect(fromFrames(toFrames(request, "other"), key)).toBeUndefined();
    expect(fromFrames(toFrames(request, key).slice(0, 4), key)).toBeUndefined();
    expect(fromFrames([Buffer.from("noise")], key)).toBeUndefined();
  });
});
