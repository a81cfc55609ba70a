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
  server.handleShellMessage = function (socket, ...frames) {
    if (answered.has(requestType(frames))) return handleShellMessage.call(this, socket, ...frames);
    const { warn } = console;
    console.warn = () => undefined;
    try {
      return handleShellMessage.call(this, socket, ...frames);
    } finally {
      console.warn = warn;
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

function requestType(frames: readonly Buffer[]): string {
  const delimiter = frames.findIndex((frame) => frame.toString() === "<IDS|MSG>");
  const header = frames[delimiter + 2];
  return header ? (JSON.parse(header.toString()) as { msg_type: string }).msg_type : "";
}

export = { mendReplies };
