import { expect, test } from "@jest/globals";
import { createRequire } from "node:module";
import { tslabModule } from "../../../src/notebook/browser/tslab-module.js";

type Module = ReturnType<typeof tslabModule>;
type Shown = [
  message: { data: unknown; metadata: unknown; transient: { display_id?: unknown } },
  isUpdate: boolean,
];

const require = createRequire(import.meta.url);
const inTslab = require("tslab/dist/public.js") as Module;
const jupyter = require("tslab/dist/jupyter.js") as { lastWriteDisplayData: unknown };

/** What is shown, with each display's identity as its number from 1. */
function numbered(shown: readonly Shown[]): unknown[] {
  const ids = new Map<unknown, number>([[undefined, 0]]);
  return shown.map(([{ data, metadata, transient }, isUpdate]) => {
    const id = transient.display_id;
    if (!ids.has(id)) ids.set(id, ids.size);
    return { data, metadata, display: ids.get(id), isUpdate };
  });
}

/** What both show for the same calls. */
function ours(use: (module: Module) => void): unknown[] {
  const shown: Shown[] = [];
  use(tslabModule((...message) => shown.push(message)));
  return numbered(shown);
}

function tslabs(use: (module: Module) => void): unknown[] {
  const shown: Shown[] = [];
  jupyter.lastWriteDisplayData = (message: Shown[0], isUpdate?: boolean) =>
    shown.push([message, isUpdate ?? false]);
  use(inTslab);
  return numbered(shown);
}

const bytes = Uint8Array.from([0, 250, 255, 7]);

test.each([
  [
    "all kinds of outputs",
    ({ display }: Module) => {
      for (const kind of ["javascript", "html", "markdown", "latex", "svg", "text"] as const)
        display[kind]("<a>");
      for (const kind of ["png", "jpeg", "gif", "pdf"] as const) display[kind](bytes);
      display.raw("application/json", "{}");
      display.raw("image/png", Buffer.from(bytes));
      display.raw("application/json", { a: [1] } as never);
    },
  ],
  [
    "outputs that are written over",
    ({ display, newDisplay }: Module) => {
      const [first, second] = [newDisplay(), newDisplay()];
      first.text("1");
      second.html("2");
      first.markdown("3");
      display.text("4");
      second.png(bytes);
      display.text("5");
    },
  ],
] as const)("%s are tslab's", (_, use) => expect(ours(use)).toEqual(tslabs(use)));

test("updates keep their identity", () => {
  expect(
    ours(({ newDisplay }) => {
      const [first, second] = [newDisplay(), newDisplay()];
      for (const display of [first, second, first]) display.text("x");
    }),
  ).toMatchObject([
    { display: 1, isUpdate: false },
    { display: 2, isUpdate: false },
    { display: 1, isUpdate: true },
  ]);
});
