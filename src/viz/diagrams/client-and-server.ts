import { diagram, type Diagram } from "./diagram.js";
import { arrow, panel, text, type Point } from "./shapes.js";

/**
 * Who holds what when a server computes on encrypted values: the client keeps the secret key, the server gets
 * ciphertexts and evaluation keys.
 *
 * @example await show(clientAndServer());
 */
export function clientAndServer(): Diagram {
  return diagram({
    title: "Client and server: who holds what",
    description:
      "The client holds the values, the secret key and the decrypted result. It sends encrypted values and evaluation keys. " +
      "The server holds those and its model, computes on ciphertexts, and sends the encrypted result back. It never holds " +
      "the secret key or a value.",
    height: 346,
    parts: [
      ...party([20, 20], "Client", ["holds values and the secret key", "encrypts and decrypts"], "secret"),
      arrow([
        [50, 116],
        [50, 206],
      ]),
      text([64, 152], "encrypted values,"),
      text([64, 174], "evaluation keys"),
      arrow([
        [276, 206],
        [276, 116],
      ]),
      text([290, 152], "encrypted"),
      text([290, 174], "result"),
      ...party(
        [20, 210],
        "Server",
        [
          "holds ciphertexts and evaluation keys",
          "computes, and never decrypts:",
          "it has neither key nor values",
        ],
        "open",
      ),
    ],
  });
}

function party([x, y]: Point, name: string, lines: readonly string[], fill: "secret" | "open"): string[] {
  return [
    panel([x, y], 400, 44 + 24 * lines.length, fill),
    text([x + 16, y + 27], name, { bold: true, size: 17 }),
    ...lines.map((content, index) => text([x + 16, y + 52 + 24 * index], content)),
  ];
}
