/** What ports of Node's modules ask of `process`: settings, of which there are none, and a terminal, which is none either. */
export const process = { env: {}, stderr: { isTTY: false }, emitWarning: () => undefined };
