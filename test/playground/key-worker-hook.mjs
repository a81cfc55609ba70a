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
globalThis.secretKeysForTheTest = () => {
  const secrets = [client?.exportSecretKey(), remote?.model.exportSecretKey(), bench?.exportSecretKey()];
  return secrets.map((bytes) => bytes && Array.from(bytes));
};
`;

const whenJoined = (leak) => `
const joinWithout = keyWork.join;
keyWork.join = async (spec) => {
  const made = await joinWithout(spec);
  const secret = client.exportSecretKey();
  ${leak}
};
`;

/** Ways in which a key worker could give its key away: each has to be found. */
export const leaks = {
  "in a message": whenJoined(`
    const bytes = new Uint8Array(made.bytes.length + 4000);
    bytes.set(made.bytes);
    bytes.set(secret.subarray(20000, 24000), made.bytes.length);
    return { ...made, padding: { more: [bytes] } };`),
  "as text in a request": whenJoined(`
    const here = import.meta.url;
    await fetch(here + "?" + btoa(String.fromCharCode(...secret.subarray(20000, 21000)))).catch(() => 0);
    return made;`),
  "in storage": whenJoined(`
    const here = import.meta.url;
    const cache = await caches.open("more");
    await cache.put(here + "?more", new Response(secret));
    return made;`),
};
