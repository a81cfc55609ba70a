import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { checkParameters, modulusBits } from "../../../src/he-ml/crypto/parameters.js";
import type { SlotLayout } from "../../../src/he-ml/crypto/slot-layout.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { defineModel } from "../../../src/he-ml/model/model.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { freshState } from "../../../src/he-ml/layers/functional/reencryption.js";
import type { ErrorBudget } from "../../../src/he-ml/planner/errors/error-budget.js";
import { planesLayout, slotsOfImage } from "../../../src/he-ml/planner/layout/image-layout.js";
import { splitSteps } from "../../../src/he-ml/planner/matvec/baby-giant.js";
import { hybridDiagonalCandidates } from "../../../src/he-ml/planner/matvec/hybrid-diagonals.js";
import {
  applyTransform,
  rotateSlots,
  transformCosts,
  type LinearTransform,
} from "../../../src/he-ml/planner/matvec/linear-transform.js";
import {
  babyGiantCounts,
  equalRotations,
  rotationMilliseconds,
  type RotationCounts,
} from "../../../src/he-ml/planner/matvec/rotation-costs.js";
import { countsOfSums, mergedSums } from "../../../src/he-ml/planner/matvec/sums.js";
import { chainForScales } from "../../../src/he-ml/planner/scales/scale-chain.js";
import { activatedState, stageStates } from "../../../src/he-ml/planner/scales/stage-state.js";
import type { ScaleStage } from "../../../src/he-ml/planner/scales/stage-scales.js";
import { scalesOnChain } from "../../../src/he-ml/planner/scales/waterline-scales.js";
import { rotationCosts, typicalCosts } from "../../../src/he-ml/planner/search/costs.js";
import { runToEnd } from "../../../src/he-ml/long-work.js";
import { searchSteps } from "../../../src/he-ml/planner/search/search.js";
import { affineMap } from "../../../src/he-ml/planner/stages/affine-map.js";
import { stagesOf } from "../../../src/he-ml/planner/stages/stages.js";
import { randomTensor } from "../support.js";

const readme = readFileSync(new URL("../../../src/he-ml/planner/README.md", import.meta.url), "utf8");
/** What stands between ``` and ```. */
const pictures = readme.split(/^```.*$/m).filter((_, i) => i % 2 === 1);

const slots = 8;
const all = [...new Array(slots).keys()];

const line = (label: string, cells: readonly string[]) =>
  (label.padEnd(20) + cells.map((cell) => cell.padEnd(8)).join("")).trimEnd();
const slotLine = line("slot", all.map(String));

/** Expects that the README draws these lines as a picture. */
function expectDrawn(lines: readonly string[]): void {
  const picture = lines.join("\n");
  expect(pictures.includes(`\n${picture}\n`) ? "drawn" : `not drawn:\n${picture}`).toBe("drawn");
}

test("the README has as many pictures as are computed here", () => {
  expect(pictures).toHaveLength(7);
});

const valueCells = (layout: SlotLayout, name: string) =>
  Array.from(layout[0], (value) => (value < 0 ? "·" : `${name}${value}`));

/** The entries of each diagonal, as `W12` for output 1 and input 2. */
function weightCells(transform: LinearTransform, entries: Int32Array, name: string): string[] {
  const { rowStarts, columnOf } = transform.map;
  return Array.from(entries, (entry) => {
    if (entry < 0) return "·";
    const row = rowStarts.findIndex((start, i) => start <= entry && entry < rowStarts[i + 1]);
    return `${name}${row}${columnOf[entry]}`;
  });
}

/** Which products each slot has summed, as `y0:45` for those of output 0 with inputs 4 and 5, `y0` for all. */
function sumCells(transform: LinearTransform, name: string): string[] {
  const { map } = transform;
  const ones = [new Float64Array(slots).fill(1)];
  const [sums] = applyTransform(transform, (entry) => 2 ** entry, ones);
  return Array.from(sums, (sum) => {
    const entries = [...map.weights.keys()].filter((entry) => Math.floor(sum / 2 ** entry) % 2 === 1);
    if (entries.length === 0) return "·";
    const rows = new Set(entries.map((entry) => Math.floor(entry / map.columns)));
    expect(rows.size).toBe(1);
    const columns = entries.map((entry) => map.columnOf[entry]);
    return `${name}${[...rows][0]}${columns.length === map.columns ? "" : `:${columns.join("")}`}`;
  });
}

const dense = (rows: number, columns: number) =>
  affineMap(rows, columns, (row) => ({
    entries: Array.from({ length: columns }, (_, column) => ({ column, weight: 1 + row * columns + column })),
    bias: 0,
  }));

/** Of rotations that share nothing. */
const costs = equalRotations;

const inOrder = [Int32Array.from(all)];

/** Of the hybrid diagonals for 2 outputs of 8 inputs in slots 0 to 7, those with outputs in slots 0 and 1. */
const side = [...hybridDiagonalCandidates({ map: dense(2, 8), layout: inOrder, slots, poolSums: [], costs })]
  .flatMap((candidate) => candidate.build() ?? [])
  .map(({ transform }) => transform)
  .filter(({ output }) => output[0][0] === 0 && output[0][1] === 1);
const withFolds = (...folds: number[]) =>
  side.find((transform) => transform.folds.flat().join() === folds.join())!;

describe("the example of eight slots", () => {
  test("an image in two phases", () => {
    const shape = [1, 2, 4];
    const layout = planesLayout({ shape, phases: [1, 2], rowStride: 2, plane: 4, slots })!;
    expect(layout.phaseStrides[1]).toBe(4);
    expectDrawn([slotLine, line("pixel", Array.from(slotsOfImage(layout, slots)[0], String))]);
  });

  test("baby and giant steps, and a fold", () => {
    const transform = withFolds(4);
    const steps = [0, 1, 2, 3].map((step) => ({ input: 0, output: 0, step }));
    expect(splitSteps(steps, slots, [[slots, 2 * slots]]).rotations).toBe(2);
    const x = Float64Array.from(all);
    const drawn = transform.diagonals.flatMap(({ baby, giant, entries }) => [
      line(
        `x, baby step ${baby}`,
        [...rotateSlots(x, baby)].map((value) => `x${value}`),
      ),
      line(`× step ${baby + giant}, giant ${giant}`, weightCells(transform, entries, "W")),
    ]);
    expectDrawn([slotLine, ...drawn]);
    const giants = [0, 2].map((giant) => {
      const diagonals = transform.diagonals.filter((diagonal) => diagonal.giant === giant);
      return { ...transform, folds: [], diagonals };
    });
    const unrotated = { ...giants[1], diagonals: giants[1].diagonals.map((d) => ({ ...d, giant: 0 })) };
    expectDrawn([
      slotLine,
      line("giant step 0", sumCells(giants[0], "y")),
      line("giant step 2", sumCells(unrotated, "y")),
      line("  rotated by 2", sumCells(giants[1], "y")),
      line("their sum", sumCells({ ...transform, folds: [] }, "y")),
      line("fold 4", sumCells(transform, "y")),
    ]);
    expect(valueCells(transform.output, "y")).toEqual(sumCells(transform, "y"));
  });

  test("what each choice of bits costs", () => {
    const rows: [string, LinearTransform][] = [
      ["none", withFolds()],
      ["4", withFolds(4)],
      ["4 and 2", withFolds(4, 2)],
    ];
    for (const [bits, transform] of rows) {
      const { rotations, products } = transformCosts(transform);
      const folds = transform.folds.length;
      const cells = [bits, products, rotations - folds, folds, rotations, products];
      expect(readme).toContain(`| ${cells.join(" | ")} |`);
    }
  });

  test("what the search takes: hybrid diagonals, then skewed rows", () => {
    const layers = [
      linearLayer({ name: "fc1", weights: randomTensor([2, 8], 1) }),
      squareLayer({ name: "square1" }),
      linearLayer({ name: "fc2", weights: randomTensor([2, 2], 2) }),
    ];
    const stages = stagesOf(defineModel({ name: "eight", inputShape: [8], layers }));
    const { transforms } = runToEnd(
      searchSteps(stages, {
        slots,
        costs: typicalCosts(8192, 2, "seal"),
        levels: [2, 1],
        mostInputCiphertexts: 1,
        input: inOrder,
      }),
    );
    const [first, second] = transforms.map((transform) => transform!);
    expect(first.folds).toEqual(withFolds(4, 2).folds);
    const hybrid = withFolds(4, 2);
    const summed = [[], [[4]], [[4], [2]]].map((folds) => sumCells({ ...hybrid, folds }, "y"));
    expectDrawn([
      slotLine,
      ...hybrid.diagonals.map(({ baby, giant, entries }) => {
        const atInput = rotateSlots(Float64Array.from(entries), giant);
        return line(`step ${baby + giant}`, weightCells(hybrid, Int32Array.from(atInput), "W"));
      }),
      line("their sum", summed[0]),
      line("fold 4", summed[1]),
      line("fold 2", summed[2]),
    ]);
    expect(second.diagonals).toHaveLength(1);
    const [{ baby, giant, entries }] = second.diagonals;
    expect([baby, giant, second.folds]).toEqual([0, 0, [[5]]]);
    expectDrawn([
      slotLine,
      line("a, repeated", valueCells(first.output, "a")),
      line("weights", weightCells(second, entries, "V")),
      line("fold 5", valueCells(second.output, "z")),
    ]);
    const costs = [first, second].map(transformCosts);
    const rotations = costs.reduce((sum, each) => sum + each.rotations, 0);
    const products = costs.reduce((sum, each) => sum + each.products, 0);
    expect(readme.replaceAll(/\s+/g, " ")).toContain(`${rotations} rotations and ${products} products`);
  });
});

describe("rotations that share work", () => {
  const kernel = rotationCosts(typicalCosts(8192, 3, "kernel"), 3);
  const merged = mergedSums([[4], [2]], slots, kernel);

  test("are drawn as they are counted", () => {
    const row = (label: string, seal: string, shared: string) => label.padEnd(28) + seal.padEnd(20) + shared;
    const parts = (label: string, { rotations, decompositions, modDowns }: RotationCounts) => {
      const shared = "D ".repeat(decompositions) + "K ".repeat(rotations) + "M ".repeat(modDowns);
      return row(label, "DKM ".repeat(rotations), shared.trimEnd());
    };
    expect(merged).toEqual([[4, 2, 6]]);
    expectDrawn([
      row("", "SEAL", "kernel"),
      parts("baby steps 1, 2 and 3", babyGiantCounts(3, 0)),
      parts("giant steps 4, 8 and 12", babyGiantCounts(0, 3)),
      parts("fold 4, then fold 2", countsOfSums([[4], [2]], 1)),
      parts("fold 4, 2 and 6 at once", countsOfSums(merged, 1)),
    ]);
  });

  test("take as long as it says", () => {
    const { decompose, innerProduct, modDown } = kernel;
    const parts = [decompose, innerProduct, modDown, innerProduct + modDown, decompose + innerProduct];
    const [once, twice] = [merged, [[4], [2]]].map((sums) =>
      rotationMilliseconds(kernel, countsOfSums(sums, 1)),
    );
    const said = [0.4, 0.13, 0.29, 0.42, 0.52, 1.07, 1.63];
    [...parts, once, twice].forEach((taken, i) => expect(Math.abs(taken / said[i] - 1)).toBeLessThan(0.03));
  });
});

describe("the example of a chain", () => {
  const parameters = checkParameters({
    polyModulusDegree: 8192,
    coeffModulusBits: [50, 60, 48, 60],
    scaleBits: 20,
    weightScaleBits: 16,
  });
  const square = { kind: "square", shift: 0, factor: 1, constant: 0 } as const;
  const stages: ScaleStage[] = [square, square, undefined].map((activation, i) => ({
    name: `stage ${i + 1}`,
    products: true,
    divisor: 1,
    activation,
    largest: i === 2 ? 2 ** 12 : 1,
    largestWeight: 1,
    largestBias: 0,
  }));

  /** Two bits a character: `#` for the scale, `.` for the headroom above it. */
  function bar(level: number, scaleBits: number): string {
    let filled = scaleBits / 2;
    return parameters.coeffModulusBits.slice(0, level).reduce((drawn, bits) => {
      const here = Math.min(filled, bits / 2);
      filled -= here;
      return `${drawn}${"#".repeat(here)}${".".repeat(bits / 2 - here)}|`;
    }, "|");
  }

  const drawState = (label: string, { level, scale }: { level: number; scale: number }) => {
    const bits = Math.round(Math.log2(scale));
    const headroom = Math.round(modulusBits(parameters, level)) - bits;
    return `${label.padEnd(10)}2^${String(bits).padEnd(4)}${bar(level, bits).padEnd(84)}${headroom}`;
  };

  test("is drawn as the scales go", () => {
    const budget: ErrorBudget = {
      evaluator: "seal",
      sources: [],
      largestSlot: [],
      largestOutput: [],
      leftovers: [],
    };
    const scales = scalesOnChain(parameters, stages, budget);
    let state = freshState(parameters);
    const drawn = [drawState("input", state)];
    stages.forEach(({ activation }, i) => {
      const { product, output } = stageStates(parameters, { ...scales.stages[i], activation }, state);
      drawn.push(drawState("products", product));
      if (activation) {
        drawn.push(drawState("square", activatedState(parameters, activation, product).state));
        drawn.push(drawState("rescale", output));
      }
      state = output;
    });
    expectDrawn(drawn);
  });

  test("is the one that these scales ask for", () => {
    const chain = chainForScales(
      {
        polyModulusDegree: 8192,
        stages,
        primesPerRescale: [1, 1, 1],
        most: { base: 60, stages: [60, 60, 60], special: 60 },
      },
      { input: 20, weights: [16, 16, 16], rescaled: [24, 20, 20] },
    )!;
    expect([...chain.dataBits, chain.specialBits]).toEqual(parameters.coeffModulusBits);
    expect(chain.stagePrimes).toEqual([[48], [60], []]);
  });
});
