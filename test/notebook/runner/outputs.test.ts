import { describe, expect, test } from "@jest/globals";
import type { Output } from "../../../src/notebook/runner/notebook-file.js";
import { OutputCollector } from "../../../src/notebook/runner/outputs.js";
import { newRequest } from "../../../src/notebook/runner/protocol/message.js";

type Published = readonly [type: string, content: Record<string, unknown>];

function collect(collector: OutputCollector, published: readonly Published[]): Output[] {
  const outputs: Output[] = [];
  const take = collector.forCell(outputs);
  for (const [type, content] of published) take(newRequest(type, "session", content));
  return outputs;
}

const stream = (name: string, text: string): Published => ["stream", { name, text }];
const shown = (text: string, id?: string): Published => [
  "display_data",
  { data: { "text/plain": text }, metadata: {}, transient: { display_id: id } },
];
const texts = (outputs: readonly Output[]) =>
  outputs.map((output) => {
    if (output.output_type === "error") return output.evalue;
    return output.output_type === "stream" ? output.text : output.data["text/plain"];
  });

describe("outputs of a cell:", () => {
  test("text of one stream runs together until another output comes", () => {
    const outputs = collect(new OutputCollector(), [
      ...[stream("stdout", "a\n"), stream("stdout", "b\n"), stream("stderr", "c\n"), stream("stdout", "d\n")],
      ...[shown("e"), stream("stdout", "f\n")],
    ]);
    expect(texts(outputs)).toEqual(["a\nb\n", "c\n", "d\n", "e", "f\n"]);
  });

  test("clear_output takes away what is there, at once or when the next output comes", () => {
    const collector = new OutputCollector();
    const clear: Published = ["clear_output", { wait: false }];
    const clearLater: Published = ["clear_output", { wait: true }];
    expect(texts(collect(collector, [shown("a"), clear]))).toEqual([]);
    expect(texts(collect(collector, [shown("a"), clearLater]))).toEqual(["a"]);
    expect(texts(collect(collector, [stream("stdout", "a"), clearLater, stream("stdout", "b")]))).toEqual([
      "b",
    ]);
  });

  test("update_display_data changes what was shown under its id, also in an earlier cell", () => {
    const collector = new OutputCollector();
    const earlier = collect(collector, [shown("a", "id"), shown("b", "other")]);
    const update: Published = [
      "update_display_data",
      { data: { "text/plain": "changed" }, metadata: {}, transient: { display_id: "id" } },
    ];
    expect(collect(collector, [update])).toEqual([]);
    expect(texts(earlier)).toEqual(["changed", "b"]);
  });

  test("status and execute_input are none", () => {
    expect(
      collect(new OutputCollector(), [
        ["status", {}],
        ["execute_input", {}],
      ]),
    ).toEqual([]);
  });
});
