import { expect, test } from "@jest/globals";
import { sanitise, serialise } from "../../../src/notebook/html/sanitise.js";

test("megabytes of text and pictures stay", () => {
  const html = `<pre>${"a &lt; b\n".repeat(200_000)}</pre><img src="data:image/png;base64,${"A".repeat(4_000_000)}">`;
  expect(serialise(sanitise(html))).toHaveLength(html.length);
});
