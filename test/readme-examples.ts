import { readFile } from "node:fs/promises";

/** The README's examples in JavaScript, in order. */
export async function readmeExamples(): Promise<string[]> {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  return [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code);
}

/** The lines that an example says it prints: the comment behind each `console.log`. */
export function promisedOutput(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\/\/ (.*)/g)].map(([, text]) => text);
}
