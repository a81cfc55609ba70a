import type { Jupyter, Socket } from "./tslab.cjs";

type Send = Socket["send"];

/** What each socket has still to send; absent where it may send at once. */
const queues = new WeakMap<Socket, unknown[][]>();
const latestSend = new WeakMap<Socket, Promise<void>>();
const ownSend = new WeakMap<object, Send>();

/** Makes tslab's sockets carry bursts of messages whole and in order, and none before they are bound. */
function mendSockets({ ZmqServer }: Jupyter): void {
  const server = ZmqServer.prototype;
  const { bindSocket } = server;
  server.bindSocket = async function (socket, port) {
    queueSends(socket);
    queues.set(socket, []);
    // A publisher drops what is beyond the mark.
    if ("sendHighWaterMark" in socket) socket.sendHighWaterMark = 0;
    try {
      await bindSocket.call(this, socket, port);
    } catch (error) {
      process.stderr.write(`port ${port}: ${(error as Error).message}\n`);
      process.exit(1);
    }
    await drain(socket);
  };
}

/**
 * zeromq sends at once where it can, but refuses a message while another waits or the socket is being bound (EBUSY);
 * tslab sends without a look at that. Sockets take no new properties, so it is their class that is mended.
 */
function queueSends(socket: Socket): void {
  const owner = Object.getPrototypeOf(socket) as { send: Send };
  if (ownSend.has(owner)) return;
  const native = owner.send;
  ownSend.set(owner, native);
  const send = async function (this: Socket, ...message: unknown[]): Promise<void> {
    const queue = queues.get(this);
    if (queue) {
      queue.push(message);
      return;
    }
    try {
      latestSend.set(this, native.apply(this, message));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EBUSY") throw error;
      queues.set(this, [message]);
      await drain(this);
    }
  };
  Object.defineProperty(owner, "send", { value: send, configurable: true, writable: true });
}

async function drain(socket: Socket): Promise<void> {
  const send = ownSend.get(Object.getPrototypeOf(socket) as object)!;
  const queue = queues.get(socket)!;
  await latestSend.get(socket);
  for (let message = queue.shift(); message && !socket.closed; message = queue.shift()) {
    await send.apply(socket, message);
  }
  queues.delete(socket);
}

export = { mendSockets };
