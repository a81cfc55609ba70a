import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { giveAddress } from "../../../../src/he-ml/browser/service/addresses.js";

const [own, outside] = [globalThis.fetch, [] as string[]];
const before: typeof fetch = async (where) => {
  outside.push(String(where));
  return new Response("from outside");
};
beforeEach(() => {
  outside.length = 0;
  globalThis.fetch = before;
});
afterEach(() => void (globalThis.fetch = own));

const textAt = async (url: string) => (await fetch(url)).text();
const echo = (name: string) => async (request: Request) => new Response(`${name} ${request.method}`);

test("what is asked of a service's address is answered by it, and all else goes where it went before", async () => {
  const [first, second] = [giveAddress(echo("first")), giveAddress(echo("second"))];
  expect(first.url).not.toBe(second.url);
  expect(await textAt(`${first.url}/models`)).toBe("first GET");
  expect(await (await fetch(new URL(second.url), { method: "DELETE" })).text()).toBe("second DELETE");
  expect(await (await fetch(new Request(first.url, { method: "POST" }))).text()).toBe("first POST");
  expect(await textAt("https://example.org/")).toBe("from outside");
  expect(await textAt(`${first.url}.example.org/`)).toBe("from outside");
  first.takeBack();
  expect(await textAt(`${second.url}/`)).toBe("second GET");
  expect(await textAt(`${first.url}/`)).toBe("from outside");
  second.takeBack();
  expect(globalThis.fetch).toBe(before);
});

test("who taps the wire hears what is said to services, also to those that are started later, and after the last is gone", async () => {
  const first = giveAddress(echo("first"));
  const untapped = globalThis.fetch;
  const heard: string[] = [];
  const tap: typeof fetch = (where, asked) => {
    heard.push(String(where));
    return untapped(where, asked);
  };
  globalThis.fetch = tap;
  const second = giveAddress(echo("second"));
  expect(await textAt(second.url)).toBe("second GET");
  expect(heard).toEqual([second.url]);
  first.takeBack();
  second.takeBack();
  // Ours is no longer there to be taken away.
  expect(globalThis.fetch).toBe(tap);
  const third = giveAddress(echo("third"));
  expect(await textAt(third.url)).toBe("third GET");
  expect(await textAt("https://example.org/")).toBe("from outside");
  third.takeBack();
  expect(globalThis.fetch).toBe(tap);
  expect(outside).toEqual(["https://example.org/"]);
});

test("whoever gives up is told so at once, and the service, too", async () => {
  let gone: AbortSignal | undefined;
  const silent = giveAddress(({ signal }) => {
    gone = signal;
    return new Promise(() => undefined);
  });
  const stop = new AbortController();
  const asked = fetch(silent.url, { signal: stop.signal });
  stop.abort(new Error("not any more"));
  await expect(asked).rejects.toThrow("not any more");
  expect(gone?.aborted).toBe(true);
  await expect(fetch(silent.url, { signal: stop.signal })).rejects.toThrow("not any more");
  silent.takeBack();
});
