/**
 * Firefox's stacks are places alone; Chromium's, and Node's, begin with the error's name and message, which is what prints an error.
 * Here all begin so.
 */
export function beginStacksWithMessages(): void {
  const found = Object.getOwnPropertyDescriptor(Error.prototype, "stack");
  const placesOf = found?.get;
  if (!placesOf) return;
  Object.defineProperty(Error.prototype, "stack", {
    ...found,
    get(this: Error): unknown {
      const places: unknown = placesOf.call(this);
      return typeof places === "string"
        ? `${String(this)}\n${places.replaceAll(/^(.*?)@(.*)$/gm, asInChromium)}`
        : places;
    },
  });
}

const asInChromium = (_line: string, within: string, place: string) =>
  within === "" ? `    at ${place}` : `    at ${within} (${place})`;
