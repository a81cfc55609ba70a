import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";

/** Who sent a message, and which one. https://jupyter-client.readthedocs.io/en/stable/messaging.html */
export interface MessageHeader {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly version: string;
}

export interface Message {
  readonly header: MessageHeader;
  /** The header of the request that this message answers. */
  readonly parent: Partial<MessageHeader>;
  readonly content: Record<string, unknown>;
}

/** Separates the routing prefix of a message from its signature. */
const delimiter = Buffer.from("<IDS|MSG>");

/** A new request, not yet an answer to anything. */
export function newRequest(type: string, session: string, content: Record<string, unknown>): Message {
  const header: MessageHeader = {
    msg_id: randomUUID(),
    msg_type: type,
    session,
    username: "he-ml",
    date: new Date().toISOString(),
    version: "5.3",
  };
  return { header, parent: {}, content };
}

/** The frames of a message, signed with the connection's key. */
export function toFrames({ header, parent, content }: Message, key: string): Buffer[] {
  const parts = [header, parent, {}, content].map((part) => Buffer.from(JSON.stringify(part)));
  return [delimiter, Buffer.from(sign(parts, key)), ...parts];
}

/**
 * The message in the frames that came; undefined where it is none, or was not signed with the connection's key.
 *
 * @example const message = fromFrames(await socket.receive(), connection.key);
 */
export function fromFrames(frames: readonly Buffer[], key: string): Message | undefined {
  const start = frames.findIndex((frame) => frame.equals(delimiter));
  if (start < 0 || frames.length < start + 6) return undefined;
  const [signature, ...parts] = frames.slice(start + 1, start + 6);
  const expected = Buffer.from(sign(parts, key));
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) return undefined;
  const [header, parent, , content] = parts.map((part) => JSON.parse(part.toString()) as unknown);
  return { header, parent, content } as Message;
}

function sign(parts: readonly Buffer[], key: string): string {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}
