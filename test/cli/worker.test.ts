import { expect, test } from "@jest/globals";
import { heMl } from "./he-ml.js";

test("what cannot be used is refused in one line, without what is secret in a URL", async () => {
  for (const [args, message] of [
    [["worker"], /required option '--redis <url>'/],
    [["worker", "--redis", "http://user:herring@127.0.0.1"], /expected a URL such as redis:/],
    [["worker", "--redis", "redis://127.0.0.1:1", "--processes", "0"], /Expected a whole number from 1/],
    [
      ["worker", "--redis", "redis://user:herring@127.0.0.1:1"],
      /redis:\/\/127\.0\.0\.1:1 cannot be used: .*ECONNREFUSED/,
    ],
    [["serve", "--redis", "redis://127.0.0.1:1", "--processes", "2"], /give them to he-ml worker/],
  ] as const) {
    const { status, stdout, stderr } = await heMl([...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^he-ml: [^\n]+\n$/);
    expect(stderr).not.toContain("herring");
  }
});
