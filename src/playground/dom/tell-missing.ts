import { missingAbility, type Abilities } from "./abilities.js";
import { byId } from "./make.js";

/** Says in the place that a page has for it what its browser lacks; nothing where it lacks nothing. */
export function tellMissing(able: Abilities): void {
  const missing = missingAbility(able);
  byId("ability").textContent = missing ?? "";
  byId("ability").hidden = missing === undefined;
}
