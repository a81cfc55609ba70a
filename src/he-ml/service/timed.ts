/** What work gives, and the milliseconds that it took. */
export async function timed<T>(work: () => T | Promise<T>): Promise<[result: T, milliseconds: number]> {
  const start = performance.now();
  const result = await work();
  return [result, performance.now() - start];
}
