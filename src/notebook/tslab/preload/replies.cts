import type { Jupyter } from "./tslab.cjs";

/** The requests that tslab answers. Of others, such as `history_request`, it complains in the output of a cell. */
const answered = new Set(
  ["kernel_info", "execute", "is_complete", "inspect", "complete", "comm_info", "shutdown"].map(
    (name) => `${name}_request`,
  ),
);

/** How long the last replies get to leave before the process ends. */
const partingMilliseconds = 100;

/** Corrects what tslab answers to requests other than those to run a cell. */
function mendReplies({ ZmqServer, JupyterHandlerImpl }: Jupyter, typescriptVersion: () => string): void {
  const server = ZmqServer.prototype;
  const handler = JupyterHandlerImpl.prototype;

  const { handleKernel } = handler;
  handler.handleKernel = function () {
    const reply = handleKernel.call(this) as { language_info: Record<string, unknown> };
    return {
      ...reply,
      status: "ok",
      language_info: { ...reply.language_info, version: typescriptVersion() },
    };
  };

  const { handleShellMessage } = server;
  server.handleShellMessage = async function (socket, ...frames) {
    const handle = () => handleShellMessage.call(this, socket, ...frames);
    try {
      await (answered.has(requestType(frames)) ? handle() : withoutWarnings(handle));
    } catch {
      // Frames that are no message, or not signed with our key. tslab would print the right signature for all to read.
    }
  };

  // tslab answers with a complete_reply.
  server.handleCommInfoRequest = function (socket, message) {
    const reply = message.createReply();
    reply.header.msg_type = "comm_info_reply";
    reply.content = { status: "ok", comms: {} };
    reply.signAndSend(this.connInfo.key, socket);
  };

  // Workers and timers that cells started would keep the process alive after a shutdown_request.
  const { close } = server;
  server.close = function () {
    setTimeout(() => process.exit(0), partingMilliseconds);
    close.call(this);
  };
}

/** @returns "" for frames that are no message */
function requestType(frames: readonly Buffer[]): string {
  const delimiter = frames.findIndex((frame) => frame.toString() === "<IDS|MSG>");
  try {
    const header = JSON.parse(String(frames[delimiter + 2])) as { msg_type?: unknown } | null;
    return String(header?.msg_type ?? "");
  } catch {
    return "";
  }
}

/** Only what `act` does before it waits for anything is kept from warning. */
function withoutWarnings<T>(act: () => T): T {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return act();
  } finally {
    console.warn = warn;
  }
}

export = { mendReplies };
