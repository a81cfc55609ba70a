import { describe, expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { InputError } from "../../../../src/he-ml/errors.js";
import { readTorch } from "../../../../src/he-ml/formats/torch/read.js";
import { rejectedBy } from "../../support.js";
import { fixturesFolder } from "./fixtures.js";
import * as p from "./pickles.js";
import { torchZip, zipOf, type ZipEntry } from "./zip.js";

const read = (bytes: Uint8Array, inputShape?: readonly number[]) =>
  readTorch(bytes, { name: "net", inputShape });

/** The one line with which a file is refused. */
async function refusal(bytes: Uint8Array): Promise<string> {
  const error = await rejectedBy(() => read(bytes));
  expect(error).toBeInstanceOf(InputError);
  const { message } = error as Error;
  expect(message).toMatch(/^model "net"[ :].+$/);
  expect(message.length).toBeLessThan(1000);
  return message;
}

const of = (length: number) => new Uint8Array(length);
const square = p.build(p.newObject(p.global("__main__", "Square"), p.tuple()), p.emptyDictionary);
const system = p.global("os", "system");
const command = p.tuple(p.unicode("touch owned"));

test("the pickles made here are such as torch makes: a harmless one is read", async () => {
  const network = await read(torchZip(p.pickle(p.sequential(square, square))), [3]);
  expect(network.layers.map(({ kind }) => kind)).toEqual(["square", "square"]);
});

describe("a pickle that would run code in Python is refused, and runs nothing", () => {
  const evaluate = p.reduce(p.global("builtins", "eval"), p.tuple(p.unicode("1 + 1")));
  test.each<[string, Uint8Array, string]>([
    ["os.system called", p.reduce(system, command), "os.system"],
    ["posix.system called", p.reduce(p.global("posix", "system"), command), "posix.system"],
    ["builtins.eval called", evaluate, "builtins.eval"],
    ["Python 2's eval called", p.reduce(p.global("__builtin__", "eval"), p.tuple()), "__builtin__.eval"],
    ["a name of protocol 4", p.reduce(p.stackGlobal("os", "system"), command), "os.system"],
    [
      "a call whose result is dropped",
      p.sequence(p.dropped(p.reduce(system, command)), p.sequential(square)),
      "os.system",
    ],
    ["a call inside a module", p.sequential(square, p.reduce(system, command)), "os.system"],
    [
      "a call inside the arguments of an allowed one",
      p.reduce(p.global("torch", "Size"), p.tuple(evaluate)),
      "builtins.eval",
    ],
    [
      "a call of what a call gives",
      p.reduce(p.reduce(p.global("builtins", "getattr"), p.tuple()), p.tuple()),
      "builtins.getattr",
    ],
    [
      "a call inside a state",
      p.build(p.sequential(square), p.dictionary([p.unicode("x"), evaluate])),
      "builtins.eval",
    ],
    ["torch's own loader called", p.reduce(p.global("torch.hub", "load"), p.tuple()), "torch.hub.load"],
    ["an object of it", p.newObject(system, command), "os.system"],
    [
      "an object with named arguments",
      p.newObjectEx(p.global("subprocess", "Popen"), command, p.emptyDictionary),
      "subprocess.Popen",
    ],
    ["an object as a module", p.sequential(p.newObject(system, command)), "os.system"],
    [
      "an object attached to a module",
      p.sequential(
        p.build(
          p.newObject(p.global("__main__", "Square"), p.tuple()),
          p.dictionary([p.unicode("x"), p.newObject(system, command)]),
        ),
      ),
      "os.system",
    ],
    [
      "an object with a state",
      p.build(p.newObject(p.global("nt", "system"), p.tuple()), command),
      "nt.system",
    ],
    ["a mere name", p.sequence(p.dropped(system), p.sequential(square)), "os.system"],
    ["a name in a state_dict", p.dictionary([p.unicode("0.weight"), system]), "os.system"],
    [
      "a class named as one of torch's",
      p.sequential(p.newObject(p.global("evil", "Linear"), p.tuple())),
      "evil.Linear",
    ],
  ])("%s", async (_, value, name) => {
    for (const protocol of [2, 4]) expect(await refusal(torchZip(p.pickle(value, protocol)))).toContain(name);
  });
});

describe("damage", () => {
  const tensorOf = (numbers: number, shape: number[], strides: number[], offset = 0) =>
    p.reduce(
      p.global("torch._utils", "_rebuild_tensor_v2"),
      p.tuple(
        p.sequence(
          p.tuple(
            p.unicode("storage"),
            p.global("torch", "FloatStorage"),
            p.unicode("0"),
            p.unicode("cpu"),
            p.integer(numbers),
          ),
          Uint8Array.of(0x51),
        ),
        p.integer(offset),
        p.tuple(...shape.map(p.integer)),
        p.tuple(...strides.map(p.integer)),
      ),
    );
  const withTensor = (tensor: Uint8Array, bytes = 24) => {
    const parameters = p.dictionary([p.unicode("weight"), tensor]);
    const linear = p.torchModule("linear", "Linear", ["_parameters", parameters]);
    return torchZip(p.pickle(p.sequential(linear)), { 0: new Uint8Array(bytes) });
  };

  test("a tensor in order is read", async () => {
    expect((await read(withTensor(tensorOf(6, [2, 3], [3, 1])))).inputShape).toEqual([3]);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ["beyond its storage", withTensor(tensorOf(6, [3, 3], [3, 1])), /reaches beyond its values/],
    ["with an offset beyond it", withTensor(tensorOf(6, [2, 3], [3, 1], 1)), /reaches beyond its values/],
    ["with negative steps", withTensor(tensorOf(6, [2, 3], [-3, 1])), /a tensor in its pickle is damaged/],
    ["of too many axes", withTensor(tensorOf(6, [2, 3], [3])), /a tensor in its pickle is damaged/],
    [
      "expanded without end",
      withTensor(tensorOf(6, [2 ** 30, 2 ** 30], [0, 0])),
      /hold more than 33554432 values/,
    ],
    ["whose storage is cut", withTensor(tensorOf(6, [2, 3], [3, 1]), 20), /should have 24 bytes, got 20/],
    [
      "whose storage is missing",
      torchZip(
        p.pickle(
          p.sequential(
            p.torchModule("linear", "Linear", [
              "_parameters",
              p.dictionary([p.unicode("weight"), tensorOf(6, [2, 3], [3, 1])]),
            ]),
          ),
        ),
      ),
      /should have 24 bytes, got none/,
    ],
    ["of no tensor", withTensor(p.integer(5)), /"0.weight" is no tensor/],
  ])("a tensor %s", async (_, bytes, message) => {
    expect(await refusal(bytes)).toMatch(message);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ["no bytes", new Uint8Array(0), /no file that torch.save wrote/],
    ["other bytes", Uint8Array.of(1, 2, 3, 4), /no file that torch.save wrote/],
    ["a zip of something else", zipOf([{ name: "a.txt", data: new Uint8Array(3) }]), /holds no data.pkl/],
    ["a zip without a directory", Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0), /its archive is damaged/],
    [
      "a pickle of protocol 1",
      torchZip(Uint8Array.of(0x5d, 0x2e)),
      /does not begin as one of protocol 2 to 5/,
    ],
    ["a pickle of protocol 9", torchZip(p.pickle(p.none, 9)), /protocol 9, expected 2 to 5/],
    ["a pickle without end", torchZip(Uint8Array.of(0x80, 2, 0x4e)), /it ends too early/],
    ["an empty stack", torchZip(Uint8Array.of(0x80, 2, 0x2e)), /its stack is empty/],
    ["a missing mark", torchZip(Uint8Array.of(0x80, 2, 0x74, 0x2e)), /a mark is missing/],
    ["an unknown reference", torchZip(Uint8Array.of(0x80, 2, 0x68, 9, 0x2e)), /refers to what is not there/],
    [
      "an instruction of protocol 0",
      torchZip(Uint8Array.of(0x80, 2, 0x49, 0x31, 0x0a, 0x2e)),
      /instruction 0x49/,
    ],
    [
      "a reference far ahead",
      torchZip(Uint8Array.of(0x80, 2, 0x4e, 0x72, 255, 255, 255, 127, 0x2e)),
      /its memo has gaps/,
    ],
    [
      "an integer without end",
      torchZip(Uint8Array.of(0x80, 2, 0x8b, 255, 255, 255, 127, 0x2e)),
      /an integer of/,
    ],
    [
      "items put into a number",
      torchZip(p.pickle(p.sequence(p.integer(1), Uint8Array.of(0x4e, 0x4e, 0x73)))),
      /no dictionary/,
    ],
    [
      "a text that is none",
      torchZip(Uint8Array.of(0x80, 2, 0x8c, 2, 0xff, 0xfe, 0x2e)),
      /a text is not UTF-8/,
    ],
  ])("%s", async (_, bytes, message) => {
    expect(await refusal(bytes)).toMatch(message);
  });

  test.each<[string, readonly Omit<ZipEntry, "name">[], RegExp]>([
    ["that lies in another's place", [{ data: of(9) }, { data: of(9), placeOf: 1 }], /"a\/1" .* is damaged/],
    [
      "that reaches into the next one",
      [{ data: of(9), claimedSize: 60 }, { data: of(99) }],
      /"a\/0" of its archive is damaged/,
    ],
    ["that is encrypted", [{ data: of(9), isEncrypted: true }], /"a\/0" of its archive is compressed/],
    ["of another method", [{ data: of(9), method: 99 }], /"a\/0" of its archive is compressed/],
    ["that is cut off", [{ data: of(9), claimedSize: 99 }], /"a\/0" .* is damaged|its archive is damaged/],
    [
      "that is compressed, and claims to be empty",
      [{ data: of(9), method: 8, claimedSize: 0 }],
      /is compressed/,
    ],
  ])("a file in the archive %s", async (_, files, message) => {
    const object = { name: "a/data.pkl", data: p.pickle(p.sequential(square)) };
    const honest = files.map((file, i) => ({ name: `a/${i}`, data: file.data }));
    expect((await read(zipOf([object, ...honest]), [3])).layers).toHaveLength(1);
    const hostile = files.map((file, i) => ({ ...file, name: `a/${i}` }));
    expect(await refusal(zipOf([object, ...hostile]))).toMatch(message);
  });

  test("a single bit flipped in the values of a zip file is found by its checksum", async () => {
    const bytes = new Uint8Array(await readFile(join(fixturesFolder, "linear.pt")));
    const at = Buffer.from(bytes).indexOf("data/0") + 100;
    bytes[at] ^= 1;
    expect(await refusal(bytes)).toMatch(/of its archive is damaged; save the network again$/);
  });
});

describe("files that would take all memory, or all day", () => {
  const milliseconds = async (work: () => Promise<unknown>) => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
  const limit = 5000;

  test.each<[string, () => Uint8Array, RegExp]>([
    [
      "a zip bomb",
      () => {
        const zeros = new Uint8Array(2 ** 26);
        return zipOf([
          { name: "a/data.pkl", data: deflateRawSync(zeros), method: 8, claimedSize: zeros.length },
        ]);
      },
      /is compressed, which torch.save never does/,
    ],
    [
      "an archive that claims more than it holds",
      () => zipOf([{ name: "a/data.pkl", data: new Uint8Array(9), claimedSize: 2 ** 31 }]),
      /its archive claims to hold more than|its archive is damaged/,
    ],
    [
      "an archive of very many files",
      () => zipOf(Array.from({ length: 20_000 }, (_, i) => ({ name: `a/${i}`, data: new Uint8Array(0) }))),
      /expected at most 10000 files in its archive, got 20000/,
    ],
    [
      "a pickle of very many objects",
      () => torchZip(Uint8Array.from({ length: 2_000_000 }, (_, i) => [0x80, 2][i] ?? 0x7d)),
      /has more than 1000000 instructions/,
    ],
    [
      "a module that holds itself",
      () => {
        // A Sequential is remembered (q\0) before its state holds it again (h\0).
        const self = p.sequence(
          p.newObject(p.global("torch.nn.modules.container", "Sequential"), p.tuple()),
          Uint8Array.of(0x71, 0),
        );
        const modules = p.dictionary([p.unicode("0"), Uint8Array.of(0x68, 0)]);
        return torchZip(p.pickle(p.build(self, p.dictionary([p.unicode("_modules"), modules]))));
      },
      /nested at most 50 deep/,
    ],
    [
      "modules that double forty times",
      () => {
        let module = p.sequential();
        for (let i = 0; i < 40; i++) {
          const twice = p.dictionary(
            [p.unicode("0"), p.sequence(module, Uint8Array.of(0x71, i))],
            [p.unicode("1"), Uint8Array.of(0x68, i)],
          );
          module = p.torchModule("container", "Sequential", ["_modules", twice]);
        }
        return torchZip(p.pickle(module));
      },
      /expected at most 1000 modules/,
    ],
    [
      "images without end, of a layer that takes any",
      () =>
        torchZip(
          p.pickle(
            p.sequential(
              p.torchModule("padding", "ZeroPad2d", [
                "padding",
                p.tuple(...[1, 1, 1, 1].map(() => p.integer(4096))),
              ]),
            ),
          ),
        ),
      /give inputShape/,
    ],
    [
      "a window of a billion pixels",
      () => {
        const sizes = [
          ["kernel_size", p.integer(1_000_000_000)],
          ["padding", p.integer(500_000_000)],
        ] as const;
        return torchZip(p.pickle(p.sequential(p.torchModule("pooling", "AvgPool2d", ...sizes))));
      },
      /^model "net": AvgPool2d "0": kernel_size: /,
    ],
  ])("%s", async (_, make, message) => {
    const bytes = make();
    const memory = process.memoryUsage().rss;
    const time = await milliseconds(async () => expect(await refusal(bytes)).toMatch(message));
    expect(time).toBeLessThan(limit);
    expect(process.memoryUsage().rss - memory).toBeLessThan(2 ** 29);
  });

  test("a padding that makes more pixels than could be handled", async () => {
    const pad = p.torchModule("padding", "ZeroPad2d", ["padding", p.integer(4096)]);
    const error = await rejectedBy(() => read(torchZip(p.pickle(p.sequential(pad))), [1, 2, 2]));
    expect((error as Error).message).toMatch(/^model "net": padding "0": gives .* values, at most 16777216/);
  });
});
