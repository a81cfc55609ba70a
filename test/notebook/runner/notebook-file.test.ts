import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { formatNotebook, parseNotebook, readNotebook } from "../../../src/notebook/runner/notebook-file.js";

const written = `{
 "cells": [
  {
   "cell_type": "markdown",
   "id": "intro",
   "metadata": {},
   "source": [
    "# Title\\n",
    "\\n",
    "Formula $x^2$"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": 1,
   "id": "first",
   "metadata": {
    "tags": [
     "kept"
    ]
   },
   "outputs": [
    {
     "name": "stdout",
     "output_type": "stream",
     "text": [
      "a\\n",
      "b\\n"
     ]
    },
    {
     "data": {
      "application/vnd.plotly.v1+json": {
       "data": [
        "line\\n",
        1
       ]
      },
      "image/png": "iVBORw0KGgo=",
      "image/svg+xml": [
       "<svg>\\n",
       "</svg>"
      ],
      "text/plain": [
       "a figure"
      ]
     },
     "metadata": {},
     "output_type": "display_data"
    }
   ],
   "source": []
  }
 ],
 "metadata": {
  "custom": {
   "a": 1,
   "b": 2
  }
 },
 "nbformat": 4,
 "nbformat_minor": 5
}
`;

describe("a notebook", () => {
  test("that is read and written is the same to the last byte", () => {
    expect(formatNotebook(parseNotebook(written, "a"))).toBe(written);
  });

  test("holds texts as single strings, and JSON as it is", () => {
    const [intro, code] = parseNotebook(written, "a").cells;
    expect(intro.source).toBe("# Title\n\nFormula $x^2$");
    if (code.cell_type !== "code" || code.outputs[1].output_type !== "display_data") throw new Error();
    expect(code.outputs[1].data["image/svg+xml"]).toBe("<svg>\n</svg>");
    expect(code.outputs[1].data["application/vnd.plotly.v1+json"]).toEqual({ data: ["line\n", 1] });
  });

  test("of before nbformat 4.5 gets an id for each cell, another for each", () => {
    const cell = { cell_type: "markdown", metadata: {}, source: "" };
    const old = {
      nbformat: 4,
      nbformat_minor: 2,
      metadata: {},
      cells: [{ ...cell, id: "cell-1" }, cell, { ...cell, id: "cell-1" }, { ...cell, id: "not legal" }],
    };
    const { cells } = parseNotebook(JSON.stringify(old), "old");
    expect(new Set(cells.map(({ id }) => id)).size).toBe(4);
    expect(cells.every(({ id }) => /^[\w-]{1,64}$/.test(id))).toBe(true);
    expect(JSON.parse(formatNotebook({ ...parseNotebook(JSON.stringify(old), "old") }))).toMatchObject({
      nbformat_minor: 5,
    });
  });

  test.each([
    ["no JSON", "nope", /"x.ipynb" is no notebook: it is not JSON/],
    ["no notebook", '{"a":1}', /"x.ipynb" is no notebook of nbformat 4: nbformat: expected 4/],
    ["an old notebook", '{"nbformat":3,"worksheets":[]}', /jupyter nbconvert --to notebook/],
    ["a list", "[]", /is no notebook of nbformat 4: the whole/],
    [
      "a cell without a source",
      '{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[{"cell_type":"code","metadata":{},"source":7}]}',
      /cells.0.source: expected a text or a list of its lines/,
    ],
    [
      "a cell of an unknown type",
      '{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[{"cell_type":"sql","metadata":{},"source":""}]}',
      /cells.0.cell_type/,
    ],
  ])("is refused where it is %s", (_, text, message) => {
    expect(() => parseNotebook(text, "x.ipynb")).toThrow(InputError);
    expect(() => parseNotebook(text, "x.ipynb")).toThrow(message);
  });

  test("that is not there is refused", async () => {
    await expect(readNotebook("nowhere.ipynb")).rejects.toThrow(/there is no notebook "nowhere.ipynb"/);
    await expect(readNotebook("test")).rejects.toThrow(/"test" is a folder/);
  });
});
