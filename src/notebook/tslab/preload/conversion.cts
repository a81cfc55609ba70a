import vm = require("node:vm");
import using = require("./using.cjs");
import type { Converted, ConverterModule, TypeScript } from "./tslab.cjs";

/** Lets cells hold what tslab's TypeScript, or tslab itself, does not see: `using`, and `for await` as the only await. */
function mendConverter(module: ConverterModule, typescript: () => TypeScript): ConverterModule {
  const { createConverter } = module;
  module.createConverter = (options) => {
    const converter = createConverter(options);
    return {
      ...converter,
      inspect: (previousDeclarations, cell, position) =>
        converter.inspect(previousDeclarations, using.withConst(typescript(), cell), position),
      complete: (previousDeclarations, cell, position) =>
        converter.complete(previousDeclarations, using.withConst(typescript(), cell), position),
      convert(previousDeclarations, cell) {
        const { code, insertions } = using.withoutUsing(typescript(), cell);
        const converted = converter.convert(previousDeclarations, code);
        for (const { start, fileName } of converted.diagnostics) {
          if (fileName) continue;
          start.character = using.columnAsWritten(insertions, start.line, start.character);
        }
        return withAwait({ ...converted, output: converted.output && using.withUsing(converted.output) });
      },
    };
  };
  return module;
}

/** tslab runs a cell as an async function where it sees an await; it overlooks those that are no expression. */
function withAwait(converted: Converted): Converted {
  const { output, hasToplevelAwait } = converted;
  if (!output || hasToplevelAwait || !/\bawait\b/.test(output)) return converted;
  return {
    ...converted,
    hasToplevelAwait: !compiles("function", output) && compiles("async function", output),
  };
}

function compiles(kind: string, body: string): boolean {
  try {
    new vm.Script(`(${kind}(exports, require) { ${body}\n})`);
    return true;
  } catch {
    return false;
  }
}

export = { mendConverter };
