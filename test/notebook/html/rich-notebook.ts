import { htmlTable } from "../../../src/notebook/display/html-table.js";
import type { Notebook } from "../../../src/notebook/runner/notebook-file.js";
import { digits } from "../../../src/viz/digits.js";
import { errorPerLayer } from "../../../src/viz/error-per-layer.js";
import type { Figure } from "../../../src/viz/figure.js";
import { renderPng, renderSvg } from "../../../src/viz/render.js";
import { scalePerLayer } from "../../../src/viz/scale-per-layer.js";
import { digitImage } from "../../viz/digit-images.js";
import { mnistSmall } from "../../viz/traces.js";
import { code, display, failure, markdown, notebookOf, pixel, plotly, stream } from "./notebooks.js";

/** How the pictures in a notebook's outputs are made. */
export interface Pictures {
  readonly png: (figure: Figure) => Promise<Uint8Array>;
  readonly svg: (figure: Figure) => Promise<string>;
}

const drawn: Pictures = { png: renderPng, svg: renderSvg };

async function figureOutput(figure: Figure, pictures: Pictures): Promise<unknown> {
  const png = Buffer.from(await pictures.png(figure)).toString("base64");
  return display({ [plotly]: figure, "image/png": png, "text/plain": "A figure" });
}

const intro = String.raw`# Classify a digit while it is encrypted

What homomorphic encryption promises, and **what it does not**. A ciphertext under CKKS is a pair of polynomials
in $R_q = \mathbb{Z}_q[X]/(X^N + 1)$; see [the paper](https://eprint.iacr.org/2016/421) and [scales](#Scale-$\Delta$-and-levels).

$$
\operatorname{Dec}(c) = c_0 + c_1 \cdot s \equiv m + e \pmod{q_\ell}, \qquad \Delta = 2^{40}, \quad \lVert e \rVert_\infty \le B = 8\sqrt{2}\,\sigma N + 6 \sigma\sqrt{N} + 16 \sigma \sqrt{h N}
$$

> **Predict first.** By how much is the decrypted sum off: by $10^{-3}$, by $10^{-7}$ or not at all?

<details>
<summary>Answer, with $\Delta = 2^{40}$</summary>

About $2^{-40} \cdot \sqrt{N/12}$, so *some* $10^{-7}$. In code: ${"`"}maxAbsError < 1e-6${"`"}.

</details>

| packing | ciphertexts | slots used | milliseconds for each image | bytes that travel to the server and back |
|---|---:|---:|---:|---:|
| ${"`"}scalar${"`"} | 784 | 1 | 812,000.25 | 411,041,792 |
| ${"`"}packed${"`"} | 1 | 4096 | 163.1 | 524,416 |

1. First encode,
2. then encrypt:
   - with the public key, or
   - with the secret key.
`;

const scales = String.raw`## Scale $\Delta$ and levels

Each rescaling divides by a prime $q_\ell$ and costs one level. A bare environment:

\begin{align}
\Delta' &= \frac{\Delta^2}{q_\ell} \\
\mathcal{L} &= \sum_{i=1}^{n} \left( \hat{y}_i - y_i \right)^2
\end{align}

${"```"}bash
npx he-ml run notebooks/HE-ML_CKKS.ipynb --timeout 60
${"```"}

Within a line: $\frac{\text{milliseconds of all the key switches together}}{\text{rotations and relinearizations}}$.

### Two contexts, one key

![a picture in the cell](attachment:dot.png) Press <kbd>Shift</kbd>+<kbd>Enter</kbd>; water is H<sub>2</sub>O.

### A heading with a very long word: ReEncryptionLayerInjectedBetweenConvolutionalAndSquareActivation
`;

const source = `import { createSecretContext, type CkksParameters } from "he-ml";

/** Encrypts one image. */
const parameters: CkksParameters = checkParameters({ polyModulusDegree: 8192, coeffModulusBits: [50, 60, 48, 60], scaleBits: 20 });
const he = await createSecretContext(parameters); // the client's: it can decrypt
const encrypted = he.encrypt([1.5, -2, 0.25]);
console.log(\`level \${encrypted.level}, scale 2^\${encrypted.scaleBits}\`);`;

const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="240" height="60"><rect width="240" height="60" fill="#0072B2"/>
<text x="12" y="38" font-size="24" fill="white">an SVG output</text></svg>`;

/** A notebook with everything that a page can show, as a student would meet it. */
export async function richNotebook(pictures = drawn): Promise<Notebook> {
  const table = htmlTable({
    caption: "Encrypted tensor",
    head: ["layer", "shape", "level", "scale", "bytes"],
    rows: [
      ["conv1 <b>&", "[1, 4, 8, 8]", "3", "2^36", "393,288"],
      ["square1", "[1, 4, 8, 8]", "2", "2^24", "262,216"],
    ],
    rightAligned: [2, 3, 4],
  });
  const figures = [errorPerLayer, scalePerLayer].map((make) => make(mnistSmall));
  const images = digits([digitImage(0, 1, 1), digitImage(3, 4, 9), digitImage(5, 2, 2)]);
  const lines = Array.from({ length: 5000 }, (_, line) => `line ${line + 1} of the training log`).join("\n");
  return notebookOf(
    [
      markdown(intro),
      code(source, [
        stream("stdout", "level 3, scale 2^20\n"),
        stream(
          "stderr",
          "\u001b[33mwarning\u001b[39m: under 128 bits; a teaching mode was asked for by name\n",
        ),
        display({ "text/html": table, "text/plain": "EncryptedTensor" }),
      ]),
      markdown(scales, { attachments: { "dot.png": { "image/png": pixel } } }),
      code("errorPerLayer(traces)", [await figureOutput(figures[0], pictures)], { execution_count: 12 }),
      code("[scalePerLayer(traces), digits(images)]", [
        await figureOutput(figures[1], pictures),
        await figureOutput(images, pictures),
      ]),
      code("train()", [stream("stdout", lines)]),
      code("new Tensor(pixels)", [
        display({ "text/plain": `Float64Array(784) [ ${"0.12345, ".repeat(60)}… ]` }),
      ]),
      code("latex", [
        display({ "text/latex": String.raw`$\displaystyle \int_0^1 x^2\,dx = \tfrac13$` }),
        display({ "image/svg+xml": svg, "text/plain": "boxes" }),
        display({ "image/svg+xml": await pictures.svg(figures[0]), "text/plain": "error per layer" }),
        display({ "text/markdown": "A *note* with $x^2$ and\n\n* a list" }),
      ]),
      code(
        "he.evaluate(tooDeep)",
        [
          failure("InputError", 'square "square3": no level is left', [
            '\u001b[31mInputError\u001b[39m: square "square3": no level is left; use a chain with 4 data primes',
            "    at SealEvaluator.square (/project/src/he-ml/crypto/seal-evaluator.ts:120:13)",
          ]),
        ],
        { execution_count: null },
      ),
      code("const hint = 42;", [], { metadata: { jupyter: { source_hidden: true } } }),
      { cell_type: "raw", metadata: {}, source: "A raw cell <b>as it is</b>" },
    ],
    { kernelspec: { name: "he-ml", language: "typescript" }, language_info: { name: "typescript" } },
  );
}
