import * as z from "zod";
import type { Exercises } from "../check.js";
import type { FromExaminer, ToExaminer } from "../node/parent-examiner.js";
import { unjudged, type Exercise, type Verdict } from "../exercise.js";
import { freshRandom } from "../random.js";
import { ask, type Asked } from "../respond.js";

const messageSchema = z.discriminatedUnion("heMl", [
  z.object({ heMl: z.literal("ask"), run: z.string().max(64), exercise: z.string().max(80) }),
  z.object({ heMl: z.literal("reply"), run: z.string().max(64), reply: z.unknown() }),
]);

/** More questions than this are not answered. */
const mostQuestions = 1000;

interface Open {
  readonly exercise: Exercise;
  /** A reply may come while the question is still drawn. */
  readonly asked: Promise<Asked>;
  readonly recorded: boolean;
}

/**
 * Examines one process of a student's: draws the questions that it asks for, judges its replies, and keeps the verdicts. The
 * process may send anything at any time.
 */
export class Examination {
  readonly #exercises: ReadonlyMap<string, Exercise>;
  readonly #open = new Map<string, Open>();
  readonly #asked = new Set<Exercise>();
  #questions = 0;
  #counts: (exercise: Exercise) => boolean = () => false;

  /** @param onVerdict told of each verdict that counts */
  constructor(
    exercises: Exercises,
    private readonly onVerdict: (exercise: Exercise, verdict: Verdict) => void,
  ) {
    this.#exercises = new Map(Object.values(exercises).map((exercise) => [exercise.id, exercise]));
  }

  /**
   * From now on the first question on an exercise for which this holds counts, and no other.
   *
   * @param counts whether the cell that runs now is the exercise's check
   */
  begin(counts: (exercise: Exercise) => boolean): void {
    this.#counts = counts;
    this.#asked.clear();
  }

  /** Takes a message of the student's process. */
  take(message: unknown, answer: (message: FromExaminer) => void): void {
    const parsed = messageSchema.safeParse(message);
    if (!parsed.success) return;
    const from = parsed.data as ToExaminer;
    if (from.heMl === "ask") void this.#ask(from, answer);
    else void this.#judge(from, answer);
  }

  async #ask(
    { run, exercise: id }: ToExaminer & { heMl: "ask" },
    answer: (message: FromExaminer) => void,
  ): Promise<void> {
    const exercise = this.#exercises.get(id);
    if (!exercise || ++this.#questions > mostQuestions) return;
    const recorded = this.#counts(exercise) && !this.#asked.has(exercise);
    if (recorded) this.#asked.add(exercise);
    const asked = ask(exercise, freshRandom);
    this.#open.set(run, { exercise, asked, recorded });
    answer({ heMl: "question", run, question: (await asked).question });
  }

  async #judge(
    { run, reply }: ToExaminer & { heMl: "reply" },
    answer: (message: FromExaminer) => void,
  ): Promise<void> {
    const open = this.#open.get(run);
    if (!open) return;
    this.#open.delete(run);
    const verdict = await judged(open, reply);
    if (open.recorded) this.onVerdict(open.exercise, verdict);
    answer({ heMl: "verdict", run, verdict });
  }
}

/** A reply that its judge did not expect is a wrong one. */
async function judged({ asked, exercise }: Open, reply: unknown): Promise<Verdict> {
  try {
    return await (await asked).judge(reply);
  } catch {
    return unjudged(`what ${exercise.answer} gave cannot be judged`);
  }
}
