// Numbers that others published, as rows of the table.
import { published } from "../dist/figures/published.js";

/**
 * @param networks of ours
 * @returns a row for each published number of a network that resembles one of them; its seconds are of the server's work
 *   on so many images, on hardware of its own
 */
export function publishedRows(networks) {
  return Object.values(published)
    .filter((entry) => networks.includes(entry.resembles))
    .map(({ system, ...entry }) => ({ status: "published", name: system, ...entry }));
}
