import type { Output } from "./notebook-file.js";
import type { Message } from "./protocol/message.js";

type Shown = Extract<Output, { output_type: "display_data" | "execute_result" }>;

interface DisplayContent {
  readonly data: Record<string, unknown>;
  readonly metadata?: Record<string, unknown>;
  readonly transient?: { readonly display_id?: string };
}

/** Turns what a kernel publishes into the outputs of a notebook's cells, as Jupyter's own clients do. */
export class OutputCollector {
  /** What was shown under an id, in any cell, so that a later message can change it. */
  readonly #shown = new Map<string, Shown[]>();

  /**
   * A new cell's listener.
   *
   * @param outputs where its outputs go, in the order in which they come
   */
  forCell(outputs: Output[]): (message: Message) => void {
    let clearBeforeNext = false;
    const push = (output: Output): void => {
      if (clearBeforeNext) outputs.length = 0;
      clearBeforeNext = false;
      outputs.push(output);
    };

    return ({ header, content }) => {
      switch (header.msg_type) {
        case "stream": {
          const { name, text } = content as { name: "stdout" | "stderr"; text: string };
          const last = clearBeforeNext ? undefined : outputs.at(-1);
          if (last?.output_type === "stream" && last.name === name) last.text += text;
          else push({ output_type: "stream", name, text });
          return;
        }
        case "display_data": {
          push(this.#remember(content, { output_type: "display_data", ...dataOf(content) }));
          return;
        }
        case "execute_result": {
          const execution_count = content.execution_count as number;
          push(
            this.#remember(content, { output_type: "execute_result", execution_count, ...dataOf(content) }),
          );
          return;
        }
        case "update_display_data": {
          for (const shown of this.#shown.get(displayId(content) ?? "") ?? []) {
            Object.assign(shown, dataOf(content));
          }
          return;
        }
        case "error": {
          const { ename, evalue, traceback } = content as {
            ename: string;
            evalue: string;
            traceback: string[];
          };
          push({ output_type: "error", ename, evalue, traceback });
          return;
        }
        case "clear_output": {
          if (content.wait) clearBeforeNext = true;
          else outputs.length = 0;
        }
      }
    };
  }

  #remember(content: Record<string, unknown>, shown: Shown): Shown {
    const id = displayId(content);
    if (id !== undefined) this.#shown.set(id, [...(this.#shown.get(id) ?? []), shown]);
    return shown;
  }
}

function dataOf(content: Record<string, unknown>): Pick<Shown, "data" | "metadata"> {
  const { data, metadata = {} } = content as unknown as DisplayContent;
  return { data, metadata };
}

function displayId(content: Record<string, unknown>): string | undefined {
  return (content as unknown as DisplayContent).transient?.display_id;
}
