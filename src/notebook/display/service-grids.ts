import type { BytesDescription } from "../../he-ml/crypto/byte-format.js";
import { formatParameters } from "../../he-ml/crypto/parameters.js";
import type { Program } from "../../he-ml/program/program.js";
import type { Client } from "../../he-ml/service/client.js";
import type { ImageResult, InferenceReport } from "../../he-ml/service/infer.js";
import type { Server } from "../../he-ml/service/server.js";
import type { Session } from "../../he-ml/service/session.js";
import { formatShape } from "../../he-ml/tensor/tensor.js";
import { digestText } from "./crypto-grids.js";
import { factsGrid, recordsGrid, type Column, type Grid } from "./grid.js";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatError,
  formatScale,
  formatShare,
} from "./numbers.js";
import { planGrid } from "./plan-grids.js";

/** A plan's table in packing packed, and else a row for each layer. */
export function programGrid({ content, clientSpec, digest }: Program): Grid {
  const { model, packing, parameters, layers } = content;
  const name = `Program ${digestText(digest)} of "${model.name}", packing ${packing}`;
  if (content.packing === "packed")
    return { ...planGrid(content.plan), caption: `${name}: ${planText(content)}` };
  const { states } = content;
  const columns: readonly Column<number>[] = [
    { head: "position", cell: (index) => String(index) },
    { head: "layer", cell: (index) => model.layers[index].name },
    { head: "level", cell: (_, i) => `${states[i].level} → ${states[i + 1].level}` },
    {
      head: "scale",
      cell: (_, i) =>
        `${formatScale(Math.log2(states[i].scale))} → ${formatScale(Math.log2(states[i + 1].scale))}`,
    },
  ];
  return recordsGrid(
    `${name}: ${formatParameters(parameters)}; ${formatShape(clientSpec.inputShape)} → ` +
      formatShape(clientSpec.outputShape),
    columns,
    layers,
  );
}

function planText({ plan }: Extract<Program["content"], { packing: "packed" }>): string {
  const { stages, parameters, rotations } = plan;
  return (
    `${formatCount(stages.length, "stage")}; ${formatParameters(parameters)}; ` +
    formatCount(rotations.length, "rotation key")
  );
}

export function clientGrid({ spec, parameters, key }: Client): Grid {
  return factsGrid("Client", [
    ["role", "makes the keys, encrypts and decrypts"],
    ["secret key", "held here, not shown"],
    ["program", digestText(spec.digest)],
    ["key", digestText(key)],
    ["parameters", formatParameters(parameters)],
    ["encrypts", `${formatShape(spec.inputShape)}, packing ${spec.packing}`],
    ["decrypts", formatShape(spec.outputShape)],
  ]);
}

export function serverGrid({ program, threads, sessions, keyBytes }: Server): Grid {
  return factsGrid("Server", [
    ["role", "computes on ciphertexts, cannot decrypt"],
    ["program", `${digestText(program.digest)} of "${program.model.name}", packing ${program.packing}`],
    ["threads", threads === 0 ? "none: it computes in this one" : String(threads)],
    ["sessions", String(sessions)],
    ["keys in memory", `${formatBytes(keyBytes)} a thread`],
  ]);
}

export function sessionGrid({ program, keyBytes }: Session): Grid {
  return factsGrid("Session: a server's side of one client", [
    ["program", `${digestText(program.digest)} of "${program.model.name}"`],
    ["keys in memory", `${formatBytes(keyBytes)} a thread`],
  ]);
}

/** Bytes of our own format: what their header says. */
export function messageGrid({ kind, header, bytes }: BytesDescription): Grid {
  const text = (value: unknown): string => {
    if (typeof value === "string") return /^[0-9a-f]{32,}$/.test(value) ? digestText(value) : value;
    return Array.isArray(value) && value.every((size) => typeof size === "number")
      ? formatShape(value as number[])
      : JSON.stringify(value);
  };
  const shown = Object.entries(header).filter(
    ([field]) => !["parameters", "rotations", "scale"].includes(field),
  );
  return factsGrid(`Bytes: ${kind}`, [
    ...shown.map(([field, value]) => [field, text(value)] as const),
    ...(Array.isArray(header.rotations) ? [["rotation keys", String(header.rotations.length)] as const] : []),
    ["in all", formatBytes(bytes)],
  ]);
}

export function inferenceGrid(report: InferenceReport): Grid {
  const { model, packing, images, results, classNames } = report;
  const className = (index: number | null) => (index === null ? "?" : (classNames?.[index] ?? String(index)));
  const columns: readonly Column<ImageResult>[] = [
    { head: "image", cell: (_, i) => String(i), rightAligned: true },
    { head: "encrypted", cell: ({ predicted }) => className(predicted) },
    { head: "plain", cell: ({ plainPredicted }) => className(plainPredicted) },
    { head: "label", cell: ({ label }) => className(label) },
    { head: "largest error", cell: ({ maxAbsError }) => formatError(maxAbsError), rightAligned: true },
    {
      head: "of the largest logit",
      cell: ({ relativeToMax }) => formatShare(relativeToMax, 1),
      rightAligned: true,
    },
  ];
  const agreeing = results.filter(({ predicted, plainPredicted }) => predicted === plainPredicted).length;
  return recordsGrid(
    `"${model}" on ${formatCount(images, "encrypted image")}, packing ${packing}: agrees with the plain model on ` +
      `${agreeing} of ${images}; evaluated in ${formatDuration(results[0].milliseconds.evaluate)}`,
    columns,
    results,
  );
}
