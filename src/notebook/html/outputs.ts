import { stripVTControlCharacters } from "node:util";
import type { Output } from "../runner/notebook-file.js";
import { richOutput } from "./rich-output.js";
import { textBox } from "./text-box.js";

/** A cell's outputs in their order. */
export function outputsHtml(outputs: readonly Output[]): string {
  return joinStreams(outputs).map(outputHtml).join("\n");
}

function outputHtml(output: Output): string {
  switch (output.output_type) {
    case "stream":
      return textBox({
        kind: output.name === "stderr" ? "stderr" : "stdout",
        title: output.name === "stderr" ? "stderr" : undefined,
        text: output.text,
      });
    case "error":
      return errorHtml(output);
    default:
      return richOutput(output);
  }
}

/** One after the other in the same stream, a cell's messages are one text. */
function joinStreams(outputs: readonly Output[]): Output[] {
  const joined: Output[] = [];
  for (const output of outputs) {
    const last = joined.at(-1);
    const isContinued =
      last?.output_type === "stream" && output.output_type === "stream" && last.name === output.name;
    if (isContinued) joined[joined.length - 1] = { ...last, text: last.text + output.text };
    else joined.push(output);
  }
  return joined;
}

function errorHtml({ ename, evalue, traceback }: Extract<Output, { output_type: "error" }>): string {
  const summary = [ename, evalue].filter((part) => part !== "").join(": ");
  const trace = traceback.join("\n");
  const saysAll = stripVTControlCharacters(trace).includes(stripVTControlCharacters(evalue)) && trace !== "";
  return textBox({ kind: "error", title: "Error", text: saysAll ? trace : `${summary}\n${trace}`.trim() });
}
