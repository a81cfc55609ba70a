import type { Jupyter, Socket } from "./tslab.cjs";

type Send = Socket["send"];
type Receive = (this: Socket) => Promise<unknown>;

/** What each socket has still to send; absent where it may send at once. */
const queues = new WeakMap<Socket, unknown[][]>();
const latestSend = new WeakMap<Socket, Promise<void>>();
const ownSend = new WeakMap<object, Send>();
const delayed = new WeakSet<object>();
/** Of sockets that are being bound: settles when they are. */
const binding = new WeakMap<Socket, Promise<void>>();

/** Makes tslab's sockets carry bursts of messages whole and in order, and none before they are bound. */
function mendSockets({ ZmqServer }: Jupyter): void {
  const server = ZmqServer.prototype;
  const { bindSocket } = server;
  server.bindSocket = async function (socket, port) {
    queueSends(socket);
    delayReceives(socket);
    queues.set(socket, []);
    // A publisher drops what is beyond the mark.
    if ("sendHighWaterMark" in socket) socket.sendHighWaterMark = 0;
    try {
      const bound = bindSocket.call(this, socket, port);
      binding.set(socket, bound);
      await bound;
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

/**
 * A client may be heard before the socket counts as bound, and zeromq refuses to wait for its next message until then; tslab
 * would listen no more.
 */
function delayReceives(socket: Socket): void {
  const owner = Object.getPrototypeOf(socket) as { receive?: Receive };
  const native = owner.receive;
  if (!native || delayed.has(owner)) return;
  delayed.add(owner);
  const receive = async function (this: Socket): Promise<unknown> {
    await binding.get(this);
    return native.call(this);
  };
  Object.defineProperty(owner, "receive", { value: receive, configurable: true, writable: true });
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
