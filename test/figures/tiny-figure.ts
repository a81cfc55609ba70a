import { checkParameters } from "../../src/he-ml/crypto/parameters.js";
import { SecretContext } from "../../src/he-ml/crypto/secret-context.js";
import { tensor } from "../../src/he-ml/tensor/tensor.js";
import type { FigureData, Repeated, ResearchFigure } from "../../src/figures/research-figure.js";
import { linePlot } from "../../src/viz/line-plot.js";

type TinyData = {
  readonly exact: { readonly drawn: readonly number[]; readonly squares: readonly number[] };
  readonly measured: Readonly<Record<"maximum" | "rms", Repeated>>;
};

const parameters = checkParameters({
  polyModulusDegree: 1024,
  coeffModulusBits: [50, 60],
  scaleBits: 30,
  weightScaleBits: 16,
  security: "teaching",
});

/** What an encryption's noise leaves of 512 values: no seed decides about it. */
export async function encryptionError(): Promise<{ maximum: number; rms: number }> {
  const client = await SecretContext.create(parameters);
  const values = Float64Array.from({ length: 512 }, (_, i) => Math.sin(i));
  const encrypted = client.encrypt(tensor([512, 1], values), { packing: "batch" });
  const { data } = client.decrypt(encrypted);
  const errors = data.map((value, i) => Math.abs(value - values[i]));
  const rms = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
  return { maximum: Math.max(...errors), rms };
}

/** A figure of a few milliseconds, with all that a figure has. */
export const tinyFigure: ResearchFigure<TinyData> = {
  name: "tiny",
  title: "Squares <of> chance",
  caption: "Numbers drawn by lot & their squares; the error of an encryption.",
  async measure(run) {
    const random = run.random("numbers");
    const drawn = [random(), random(), random()];
    const squares = await run.step("squares", () => Promise.resolve(drawn.map((x) => x * x)));
    return { exact: { drawn, squares }, measured: await run.repeat("error", encryptionError) };
  },
  table: ({ exact }) => ({
    columns: ["x", "square"],
    rows: exact.drawn.map((x, i) => [x, exact.squares[i]]),
  }),
  draw({ exact }) {
    const [x, y] = [exact.drawn, exact.squares];
    const figure = linePlot([{ name: "square", x, y, points: true }], {
      title: "Squares",
      x: { title: "x (1)" },
      y: { title: "x² (1)" },
    });
    return [
      { name: "wide", figure },
      { name: "narrow", figure, width: "column" },
    ];
  },
};

/** The same with another name and with a last step that counts its calls, and fails where it is told to. */
export function countedFigure(name: string, failsAt?: number) {
  const calls: string[] = [];
  const figure: ResearchFigure<FigureData> = {
    ...(tinyFigure as unknown as ResearchFigure),
    name,
    async measure(run) {
      const exact: number[] = [];
      for (const part of [0, 1, 2, 3]) {
        exact.push(
          await run.step(`part ${part}`, () => {
            calls.push(`part ${part}`);
            return part === failsAt ? Promise.reject(new Error("broken")) : Promise.resolve(part);
          }),
        );
      }
      return { exact: { drawn: exact, squares: exact.map((x) => x * x) }, measured: null };
    },
  };
  return { figure, calls };
}
