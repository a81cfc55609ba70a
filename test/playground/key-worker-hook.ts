/** Written into the key worker by a test: gives it the secret keys, and tells what leaves by another way than the page's messages. */
export const hook = `
globalThis.otherWays = [];
for (const kind of [BroadcastChannel, MessagePort]) {
  kind.prototype.postMessage = (data) => { globalThis.otherWays.push(kind.name); };
}
for (const name of ["WebSocket", "XMLHttpRequest", "EventSource", "WebTransport", "RTCPeerConnection"]) {
  if (!(name in globalThis)) continue;
  globalThis[name] = class { constructor() { globalThis.otherWays.push(name); } };
}
globalThis.secretKeysForTheTest = () => [
  ...[client, remote?.model].flatMap((holder) => (holder ? [{ file: Array.from(holder.exportSecretKey()) }] : [])),
  ...(bench ? [{ key: Array.from(bench.exportSecretKey()), parameters: parametersSpec(bench.parameters) }] : []),
];
`;

/** Does something with the secret key as soon as there is one, and with what the key worker gives then. */
const whenJoined = (leak: string) => `{
const join = keyWork.join;
keyWork.join = async (spec) => {
  const made = await join(spec);
  const secret = client.exportSecretKey();
  const here = import.meta.url;
  ${leak}
  return made;
};
}`;

/** Ways in which a key worker could give its key away: each has to be found. */
export const leaks: Readonly<Record<string, string>> = {
  "in a message": whenJoined(`
    const bytes = new Uint8Array(made.bytes.length + 4000);
    bytes.set(secret.subarray(20000, 24000), made.bytes.length);
    made.padding = { more: [bytes] };`),
  "in a request": whenJoined(`
    await fetch(here + "?" + encodeURIComponent(btoa(String.fromCharCode(...secret.subarray(20000, 23000)))));`),
  "in storage": whenJoined(`
    const cache = await caches.open("more");
    await cache.put(here + "?more", new Response(secret));`),
};
