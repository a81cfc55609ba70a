import { describe, expect, test } from "@jest/globals";
import { filesOf } from "../../../src/notebook/browser/files.js";

const library = "https://example.org/course/lib/";

/** Files of a library's folder, and what is asked of it. */
function served(folder: string, content: Readonly<Record<string, Uint8Array>> = {}) {
  const asked: string[] = [];
  const fetched = async (address: unknown) => {
    asked.push(String(address));
    const bytes = content[String(address).replace(library, "")];
    const response = new Response(bytes && Buffer.from(bytes), { status: bytes ? 200 : 404 });
    return Object.defineProperty(response, "url", { value: String(address) });
  };
  return { ...filesOf(library, folder, fetched as typeof fetch), asked };
}

describe("a path leads", () => {
  const PATHS: readonly (readonly [folder: string, path: string | URL, address: string])[] = [
    ["notebooks", "parameters/a.json", "notebooks/parameters/a.json"],
    ["notebooks", "./parameters/a.json", "notebooks/parameters/a.json"],
    ["notebooks/exercises", "../../models/m/model.onnx", "models/m/model.onnx"],
    ["/notebooks/", "../models//m", "models/m"],
    ["", "models/m", "models/m"],
    ["notebooks", "/he-ml/models/m", "models/m"],
    ["notebooks", new URL("file:///he-ml/models/m"), "models/m"],
    ["notebooks", "a b#c?d%20e.txt", "notebooks/a%20b%23c%3Fd%2520e.txt"],
    ["my notes #1", "a", "my%20notes%20%231/a"],
    // In Node, too, a text is a path
    ["notebooks", "https://example.com/he-ml/a", "notebooks/https%3A/example.com/he-ml/a"],
    ["notebooks", "/he-ml//example.com/a", "example.com/a"],
    ["notebooks", new URL("file:///he-ml//example.com/a"), "/example.com/a"],
    ["notebooks", "%2e%2e/%2e%2e/%2e%2e/a", "notebooks/%252e%252e/%252e%252e/%252e%252e/a"],
  ];
  test.each(PATHS)("from %p by %p to %s", async (folder, path, address) => {
    const { readFile, asked } = served(folder);
    await expect(readFile(path)).rejects.toMatchObject({ code: "ENOENT" });
    expect(asked).toEqual([library + address]);
  });

  test.each([
    ["../../secret"],
    ["/etc/passwd"],
    ["../.."],
    [".."],
    ["/he-ml"],
    ["/he-ml/../a"],
    ["//example.com/../a"],
    [new URL("https://example.com/he-ml/a")],
    [new URL("file://example.com/he-ml/a")],
    [new URL("file:///he-ml/%2e%2e/a")],
  ])("nowhere out of the course: %p", async (path) => {
    const { readFile, asked } = served("notebooks");
    if (path === "..") await expect(readFile(path)).rejects.toMatchObject({ code: "ENOENT" });
    else {
      await expect(readFile(path)).rejects.toMatchObject({
        code: "EACCES",
        message: expect.stringContaining(
          `expected a file of the course, as "../models/lenet1/model.onnx", got "`,
        ),
      });
      expect(asked).toEqual([]);
    }
  });
});

test("a file that is not there is refused as Node does, with its address", async () => {
  await expect(served("notebooks").readFile("a.txt")).rejects.toMatchObject({
    message: `ENOENT: no such file or directory, open 'a.txt' (404 at ${library}notebooks/a.txt)`,
    code: "ENOENT",
    name: "FileError",
  });
});

describe("a file's content", () => {
  const bytes = Uint8Array.from({ length: 260 }, (_, index) =>
    index < 3 ? [0xef, 0xbb, 0xbf][index]! : index - 3,
  );
  const { readFile } = served("", { a: bytes, empty: new Uint8Array() });

  test.each(["utf8", "utf-8", "UTF-8", "latin1", "binary", "base64"] as const)(
    "as %s is Node's",
    async (encoding) => {
      const expected = Buffer.from(bytes).toString(encoding.toLowerCase() as BufferEncoding);
      expect(await readFile("a", encoding)).toBe(expected);
      expect(await readFile("a", { encoding })).toBe(expected);
      expect(await readFile("empty", encoding)).toBe("");
    },
  );

  test.each([undefined, null, {}, { encoding: null }])(
    "is bytes with %p, whose text is Node's",
    async (options) => {
      const read = await readFile("a", options);
      expect(read).toBeInstanceOf(Uint8Array);
      expect([...(read as Uint8Array)]).toEqual([...bytes]);
      expect(String(read)).toBe(Buffer.from(bytes).toString());
      expect((read as Buffer).toString("base64")).toBe(Buffer.from(bytes).toString("base64"));
    },
  );

  test("in an encoding that is not known is refused before it is fetched", async () => {
    const { readFile, asked } = served("");
    await expect(readFile("a", "hex")).rejects.toThrow(
      'readFile: expected the encoding utf8, latin1, base64, got "hex"; leave it out to get bytes',
    );
    expect(asked).toEqual([]);
  });
});

test("of packages, there is this one's description", async () => {
  const { resolve, readFile, asked } = served("notebooks");
  const found = resolve("he-ml/package.json");
  await expect(readFile(new URL("models/a", `file://${found}`))).rejects.toThrow("ENOENT");
  expect(asked).toEqual([`${library}models/a`]);
  expect(() => resolve("katex")).toThrow(
    'require.resolve: expected "he-ml/package.json", got "katex"; a page has no other packages',
  );
});
