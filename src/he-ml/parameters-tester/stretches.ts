/** The layers between re-encryptions. */
export function stretchesBetween(positions: readonly number[], layers: number): number[][] {
  const stretches: number[][] = [];
  for (let layer = 0; layer < layers; layer++) {
    if (layer === 0 || positions.includes(layer)) stretches.push([]);
    stretches.at(-1)!.push(layer);
  }
  return stretches;
}
