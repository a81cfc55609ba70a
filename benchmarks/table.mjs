// The rows as one table: Markdown to read, CSV to compute with.
import { csv } from "../dist/figures/csv.js";

const columns = [
  ["system", ({ name, versions }) => (versions ? `${name} ${Object.values(versions)[0]}` : name)],
  ["network", ({ network }) => network],
  ["N; primes, in bits", (row) => (row.parameters ? parametersText(row.parameters) : "")],
  ["security", ({ securityBits }) => (securityBits ? `${securityBits} bits` : "")],
  ["threads", ({ threads }) => threads ?? ""],
  ["as plain", measured(({ agrees, images }) => share(agrees, images))],
  ["right", measured(({ accuracy, images }) => share(accuracy, images))],
  ["largest error", measured(({ relativeToMax }) => `${(100 * relativeToMax).toPrecision(2)} %`)],
  ["keys", measured(({ milliseconds }) => seconds(milliseconds.keys.median))],
  ["compile", measured(({ milliseconds }) => seconds(milliseconds.compile.median))],
  ["encrypt", measured(({ milliseconds }) => seconds(milliseconds.encrypt.median))],
  ["evaluate", (row) => evaluateText(row)],
  ["of it on the CPU", measured(({ milliseconds }) => seconds(milliseconds.evaluate.cpuMedian))],
  ["decrypt", measured(({ milliseconds }) => seconds(milliseconds.decrypt.median))],
  ["end to end", measured(({ milliseconds }) => seconds(milliseconds.endToEnd.median))],
  ["up", measured(({ bytes }) => size(bytes.input))],
  ["keys, bytes", measured(({ bytes }) => size(bytes.keys))],
  ["down", measured(({ bytes }) => size(bytes.output))],
  ["evaluate / ours (CPU)", ({ timesOurs }) => (timesOurs ? ratio(timesOurs.evaluateCpu) : "")],
  ["end to end / ours (CPU)", ({ timesOurs }) => (timesOurs ? ratio(timesOurs.endToEndCpu) : "")],
];

/** What only a measured row has; nothing for others. */
function measured(text) {
  return (row) => (row.status === "measured" ? text(row) : "");
}

const share = (part, images) => `${Math.round(part * images)} of ${images}`;

function parametersText({ scheme, polyModulusDegree, coeffModulusBits, note }) {
  const parts = polyModulusDegree ? `${polyModulusDegree}; ${coeffModulusBits.join(" ")}` : scheme;
  return note ? `${parts} (${note})` : parts;
}

function evaluateText({ status, reason, milliseconds, images, imagesAtOnce, seconds: published }) {
  if (status === "failed") return `failed: ${reason}`;
  const text = status === "published" ? `published: ${published} s` : seconds(milliseconds.evaluate.median);
  const together = status === "published" ? images : imagesAtOnce;
  return together > 1 ? `${text} for ${together} images together` : text;
}

function seconds(milliseconds) {
  if (milliseconds < 1000) return `${Number(milliseconds.toPrecision(3))} ms`;
  return `${Number((milliseconds / 1000).toPrecision(3))} s`;
}

function size(bytes) {
  if (bytes === null || bytes === undefined) return "not told";
  if (bytes < 1e6) return `${Number((bytes / 1e3).toPrecision(3))} kB`;
  return `${Number((bytes / 1e6).toPrecision(3))} MB`;
}

const ratio = (times) => `${Number(times.toPrecision(2))} ×`;

/** @returns the rows as a Markdown table, and under it where published numbers are from */
export function markdownTable(rows) {
  const cell = (text) => String(text).replace(/\|/g, "\\|").replace(/\s+/g, " ");
  const line = (cells) => `| ${cells.map(cell).join(" | ")} |`;
  const isText = new Set(["system", "network", "N; primes, in bits"]);
  const table = [
    line(columns.map(([head]) => head)),
    line(columns.map(([head]) => (isText.has(head) ? "---" : "---:"))),
    ...rows.map((row) => line(columns.map(([, text]) => text(row)))),
  ].join("\n");
  const sources = rows
    .filter(({ status }) => status === "published")
    .map(
      ({ name, network, citation, hardware, note }) =>
        `- ${name}, ${network}: ${citation.text}, <${citation.url}>; ${hardware ?? "hardware not told"}${note ? `; ${note}` : ""}`,
    );
  return sources.length > 0 ? `${table}\n\n${sources.join("\n")}` : table;
}

/** @returns the rows as CSV, a column for each number in its own unit; what a row has not is left empty */
export function csvTable(rows) {
  const flat = rows.map((row) => flatten(row));
  const heads = [...new Set(flat.flatMap((row) => Object.keys(row)))];
  return csv({ columns: heads, rows: flat.map((row) => heads.map((head) => row[head] ?? null)) });
}

function flatten(value, path = "") {
  if (Array.isArray(value)) return { [path]: value.join(" ") };
  if (value === null || typeof value !== "object") return { [path]: value };
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      Object.entries(flatten(inner, path ? `${path}.${key}` : key)),
    ),
  );
}
