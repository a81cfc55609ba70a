// From what peers answered to the rows of the table.

/** Of the numbers, the one in the middle; of an even count, the mean of the two in the middle. */
export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const phases = ["keys", "compile", "encrypt", "evaluate", "decrypt"];

/**
 * @param answers what one peer answered about one network: once, or again later in the same run
 * @param images `{ labels, plainLogits }` of the images that it was given
 * @returns a row: how the answers agree with the plain model, and milliseconds by phase
 */
export function rowOf({ id, name, licence }, network, threads, answers, { labels, plainLogits }) {
  const row = { peer: id, name, licence, network, threads };
  const failed = answers.find(({ status }) => status !== "measured");
  if (failed) return { ...row, status: failed.status, reason: failed.reason };
  const wrong = answers.map((answer) => whatIsWrong(answer, plainLogits)).find(Boolean);
  if (wrong) return { ...row, status: "failed", reason: wrong };
  const [first] = answers;
  return {
    ...row,
    status: "measured",
    versions: first.versions,
    method: first.method,
    parameters: first.parameters,
    securityBits: first.securityBits,
    imagesAtOnce: first.imagesAtOnce,
    bytes: first.bytes,
    ...compare(
      answers.flatMap(({ logits }) => logits.map((values, image) => ({ values, image }))),
      labels,
      plainLogits,
    ),
    milliseconds: millisecondsOf(answers.map(({ milliseconds }) => milliseconds)),
  };
}

/** @returns what makes an answer unusable; undefined where nothing does */
function whatIsWrong({ milliseconds, logits }, plainLogits) {
  const missing = phases.find((phase) => milliseconds?.[phase] === undefined);
  if (missing) return `its answer has no milliseconds of ${missing}`;
  if (!Array.isArray(logits) || logits.length === 0) return "its answer has no logits";
  if (logits.length > plainLogits.length)
    return `it gave logits of ${logits.length} images, more than it was given`;
  const short = logits.findIndex((values, image) => values.length < plainLogits[image].length);
  if (short >= 0)
    return `image ${short}: ${logits[short].length} logits, expected ${plainLogits[short].length}`;
  if (logits.flat().some((value) => !Number.isFinite(value))) return "its logits are not all finite numbers";
  return undefined;
}

const argmax = (values) => values.indexOf(Math.max(...values));

function compare(given, labels, plainLogits) {
  let [same, right, maxAbsError, largest] = [0, 0, 0, 0];
  for (const { values, image } of given) {
    const plain = plainLogits[image];
    const logits = values.slice(0, plain.length);
    if (argmax(logits) === argmax(plain)) same++;
    if (argmax(logits) === labels[image]) right++;
    maxAbsError = Math.max(maxAbsError, ...plain.map((value, i) => Math.abs(value - logits[i])));
    largest = Math.max(largest, ...plain.map(Math.abs));
  }
  const images = given.length;
  return {
    images,
    agrees: same / images,
    accuracy: right / images,
    maxAbsError,
    relativeToMax: maxAbsError / largest,
  };
}

/** Keys and compile of the fastest answer, medians over all images of the rest; all of the first image's for the end to end. */
function millisecondsOf(taken) {
  const result = {};
  for (const phase of phases) {
    const all = taken.flatMap((milliseconds) => milliseconds[phase]);
    result[phase] = {
      median: median(all.map(({ wall }) => wall)),
      min: Math.min(...all.map(({ wall }) => wall)),
      cpuMedian: median(all.map(({ cpu }) => cpu)),
      cpuMin: Math.min(...all.map(({ cpu }) => cpu)),
      runs: all.length,
    };
  }
  const endToEnd = (clock) =>
    median(taken.map((each) => phases.reduce((sum, phase) => sum + [each[phase]].flat()[0][clock], 0)));
  return { ...result, endToEnd: { median: endToEnd("wall"), cpuMedian: endToEnd("cpu") } };
}

/** Adds to each measured row how many times as long it took as the reference's row of the same network. */
export function withRatios(rows, reference) {
  return rows.map((row) => {
    const ours = rows.find(
      ({ peer, network, status }) => peer === reference && network === row.network && status === "measured",
    );
    if (row.status !== "measured" || !ours) return row;
    const times = (phase, statistic) =>
      row.milliseconds[phase][statistic] / ours.milliseconds[phase][statistic];
    return {
      ...row,
      timesOurs: {
        evaluate: times("evaluate", "median"),
        evaluateCpu: times("evaluate", "cpuMedian"),
        endToEnd: times("endToEnd", "median"),
        endToEndCpu: times("endToEnd", "cpuMedian"),
      },
    };
  });
}
