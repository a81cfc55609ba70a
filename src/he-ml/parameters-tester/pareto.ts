import type { AdviceGoal, AdvicePoint, MeasuredPoint } from "./advice.js";

/** What is to be small, by goal. */
const measureOf: Readonly<Record<AdviceGoal, (measured: MeasuredPoint) => number>> = {
  latency: ({ latencyMilliseconds }) => latencyMilliseconds,
  throughput: ({ millisecondsPerImage }) => millisecondsPerImage,
  upload: ({ uploadBytesPerImage }) => uploadBytesPerImage,
};

/** All that a point is compared by; less is better. */
const respects = [...Object.values(measureOf), ({ relativeError }: MeasuredPoint) => relativeError];

const order: readonly AdvicePoint["status"][] = [
  "recommended",
  "front",
  "dominated",
  "misses",
  "failed",
  "not-run",
];

/** Whether the first is as good in all respects, and better in one. */
function dominates(a: MeasuredPoint, b: MeasuredPoint): boolean {
  return (
    respects.every((respect) => respect(a) <= respect(b)) &&
    respects.some((respect) => respect(a) < respect(b))
  );
}

/**
 * Tells the points that nothing else beats from those that something does, and takes the best for the goal.
 *
 * @param points of which those that are as precise as asked for say `front`
 * @returns the recommended one first, the others in the order that they may interest
 */
export function ranked(points: readonly AdvicePoint[], goal: AdviceGoal): AdvicePoint[] {
  const held = points.filter(({ status }) => status === "front");
  const judged = points.map((point): AdvicePoint => {
    const better =
      point.status === "front" && held.find((other) => dominates(other.measured!, point.measured!));
    return better ? { ...point, status: "dominated", dominatedBy: better.name } : point;
  });
  const value = ({ measured }: AdvicePoint) => (measured ? measureOf[goal](measured) : Infinity);
  const [best] = judged.filter(({ status }) => status === "front").sort((a, b) => value(a) - value(b));
  return judged
    .map((point): AdvicePoint => (point === best ? { ...point, status: "recommended" } : point))
    .sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status) || value(a) - value(b));
}
