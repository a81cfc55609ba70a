import type { Operation } from "../he-ml/crypto/operation-counts.js";
import type { CiphertextState } from "../he-ml/layers/trace.js";
import { parametersSpec } from "../he-ml/crypto/parameters.js";
import { dataModulusBits } from "../he-ml/crypto/scheme-parameters.js";
import type { Program } from "../he-ml/program/program.js";
import { explain, type StageExplanation } from "../he-ml/program/explain.js";
import { scalePerLayer } from "../viz/scale-per-layer.js";
import { compileAlike, ways, withImages, type MnistNetwork } from "./mnist-networks.js";
import type { ResearchFigure } from "./research-figure.js";

type State = Pick<CiphertextState, "level" | "scaleBits" | "modulusBits">;

/** A layer, or a fused stage, as `scalePerLayer` takes it. */
type Step = {
  readonly name: string;
  readonly kind: string;
  readonly ops: Readonly<Record<Operation, number>>;
  readonly before: State;
  readonly after: State;
};

type Run = {
  readonly network: MnistNetwork;
  readonly packing: string;
  readonly polyModulusDegree: number;
  readonly coeffModulusBits: readonly number[];
  readonly steps: readonly Step[];
};

export type ScaleAndLevelData = { readonly exact: readonly Run[]; readonly measured: null };

/** What is left of modulus and levels, and the scale, along the network: known before anything is encrypted. */
export const scaleAndLevel: ResearchFigure<ScaleAndLevelData> = {
  name: "scale-and-level",
  title: "Scale, modulus and level along the network",
  caption:
    "Scale, modulus that is left, and level of the ciphertexts through mnist-small and lenet1 in each packing, from each layer's or stage's input to " +
    "its output; between scale and modulus lies the room for the values. Exact: from the plan, made with typical costs, or packed batch and scalar from " +
    "the model's own parameters.",

  async measure(run) {
    const networks: readonly MnistNetwork[] = run.quick ? ["mnist-small"] : ["mnist-small", "lenet1"];
    const runs: Run[] = [];
    for (const network of networks) {
      const { model } = await withImages(network, 1);
      for (const { name: packing, options } of ways) {
        runs.push(
          await run.step(`${network}, ${packing}`, async () => {
            const program = await compileAlike(model, options);
            const { polyModulusDegree, coeffModulusBits } = parametersSpec(program.parameters);
            const steps = explain(program).stages.map((stage) => stepOf(program, stage));
            return { network, packing, polyModulusDegree, coeffModulusBits, steps };
          }),
        );
      }
    }
    return { exact: runs, measured: null };
  },

  table: ({ exact }) => ({
    columns: [
      ...["network", "packing", "step", "level_before_primes", "level_after_primes"],
      ...["scale_before_bits", "scale_after_bits", "modulus_before_bits", "modulus_after_bits", "rescales"],
    ],
    rows: exact.flatMap(({ network, packing, steps }) =>
      steps.map(({ name, before, after, ops }) => [
        ...[network, packing, name, before.level, after.level],
        ...[before.scaleBits, after.scaleBits, before.modulusBits, after.modulusBits, ops.rescale],
      ]),
    ),
  }),

  draw: ({ exact }) =>
    exact.map(({ network, packing, steps }) => ({
      name: `${network}-${packing.replaceAll(/\W+/g, "-")}`,
      figure: scalePerLayer(steps),
    })),
};

function stepOf(
  { parameters }: Program,
  { name, kind, ops, before, level, scaleBits }: StageExplanation,
): Step {
  const stateOf = (at: Pick<State, "level" | "scaleBits">): State => ({
    ...at,
    modulusBits: dataModulusBits(parameters, at.level),
  });
  return { name, kind, ops, before: stateOf(before), after: stateOf({ level, scaleBits }) };
}
