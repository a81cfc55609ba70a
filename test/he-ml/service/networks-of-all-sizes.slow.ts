import { expect, test } from "@jest/globals";
import { runDrawnNetwork } from "./networks-of-all-sizes.js";

/** A thousand in `npm run check:full`. */
const count = Number(process.env.HE_ML_DRAWN_NETWORKS ?? 50);

test(
  `of ${count} networks with values from a millionth to a million each is right as asked for, or refused in advance`,
  async () => {
    const outcomes = { right: 0, refused: 0 };
    for (let seed = 1; seed <= count; seed++) {
      try {
        outcomes[await runDrawnNetwork(seed)]++;
      } catch (cause) {
        throw new Error(`network ${seed}: ${String(cause)}`, { cause });
      }
    }
    expect(outcomes.right).toBeGreaterThan(count / 2);
    process.stdout.write(
      `${count} networks: ${outcomes.right} right, ${outcomes.refused} refused in advance\n`,
    );
  },
  count * 60_000,
);

// Its inputs are so small, and weights so large, that these do not fit where the inputs do: it was planned, and not encoded.
test("network 610 is refused in advance", async () => {
  expect(await runDrawnNetwork(610)).toBe("refused");
});

// Its weights are few and small where its values are large: rounding took a fiftieth of a weight's wave away.
test("network 235 is right as asked for", async () => {
  expect(await runDrawnNetwork(235)).toBe("right");
});
