import { InputError } from "../../../he-ml/errors.js";
import { right, wrong, type Exercise, type Random } from "../exercise.js";
import { integer } from "../random.js";
import { responses, shown } from "../responses.js";

/** A set of a sweep, with what it came to; less is better. */
export interface SweptSet {
  readonly name: string;
  readonly milliseconds: number;
  /** Largest error of the result. */
  readonly error: number;
  /** What the client sends, in bytes. */
  readonly upload: number;
}

const respects = ["milliseconds", "error", "upload"] as const;
type Respect = (typeof respects)[number];

/** Pick the sets of a sweep that no other one beats. */
export const paretoOptimal: Exercise<
  readonly (readonly SweptSet[])[],
  (sets: SweptSet[]) => string[],
  null,
  readonly (readonly string[])[]
> = {
  id: "pareto-optimal",
  lesson: "08",
  title: "the Pareto-optimal sets of a sweep",
  points: 2,
  answer: "paretoOptimal",
  hints: [
    "Turn it round: when may a set be left out? When another one is no worse in any of the three respects. What if that other one is just as good in all three?",
    "A set b beats a where b is at most a in milliseconds, error and upload, all three, and below a in at least one. Keep each set that none of the others beats.",
    "Let respects be the three names, beats = (b, a) => respects.every((r) => b[r] <= a[r]) && respects.some((r) => b[r] < a[r]), " +
      "and return sets.filter((a) => !sets.some((b) => beats(b, a))).map(({ name }) => name).",
  ],
  draw: (random) => ({ question: [0, 1, 2].map(() => drawSweep(random)), secret: null }),
  ask: (answer, question) => question.map((sets) => answer(sets.map((set) => ({ ...set })))),
  judge(question, _, response) {
    const answers = responses("paretoOptimal", response, question.length).map(namesOf);
    for (const [i, sets] of question.entries()) {
      const given = new Set(answers[i]);
      const expected = new Set(optimal(sets));
      const said = mistakeOf(sets, given, expected);
      if (said) return wrong(said, 2);
      const unknown = answers[i].find((name) => !sets.some((set) => set.name === name));
      if (unknown !== undefined) return wrong(`there is no set ${shown(unknown)}`, 1);
      const extra = sets.find(({ name }) => given.has(name) && !expected.has(name));
      if (extra) return wrong(`${described(extra)} is beaten by ${described(betterThan(sets, extra)!)}`, 1);
      const missing = sets.find(({ name }) => expected.has(name) && !given.has(name));
      if (missing) return wrong(`${described(missing)} is left out, and no other set beats it`, 1);
      if (given.size < answers[i].length) return wrong("a name stands there twice; name each set once", 1);
    }
    const counts = question.map((sets) => `${optimal(sets).length} of ${sets.length}`).join(", ");
    return right(`${counts} sets, and no other`);
  },
};

function namesOf(response: unknown): readonly string[] {
  if (Array.isArray(response) && response.every((name) => typeof name === "string")) return response;
  throw new InputError(
    `paretoOptimal: expected a list of names, got ${shown(response)}; return each set's name`,
  );
}

const described = ({ name, milliseconds, error, upload }: SweptSet) =>
  `set ${name} (${milliseconds} ms, error ${error}, ${upload} bytes)`;

const isAtMost = (b: SweptSet, a: SweptSet, by: readonly Respect[]) =>
  by.every((respect) => b[respect] <= a[respect]);
const isBelowSomewhere = (b: SweptSet, a: SweptSet, by: readonly Respect[]) =>
  by.some((respect) => b[respect] < a[respect]);

const betterThan = (sets: readonly SweptSet[], a: SweptSet, by: readonly Respect[] = respects) =>
  sets.find((b) => isAtMost(b, a, by) && isBelowSomewhere(b, a, by));

const namesWhere = (sets: readonly SweptSet[], keeps: (set: SweptSet) => boolean) =>
  sets.filter(keeps).map(({ name }) => name);

const optimal = (sets: readonly SweptSet[], by: readonly Respect[] = respects) =>
  namesWhere(sets, (set) => !betterThan(sets, set, by));

/** What typical wrong rules give, and what is wrong with each. */
const mistakes: readonly {
  gives(sets: readonly SweptSet[]): readonly string[];
  says: string;
}[] = [
  ...respects.map((leftOut) => ({
    gives: (sets: readonly SweptSet[]) =>
      optimal(
        sets,
        respects.filter((respect) => respect !== leftOut),
      ),
    says: `that is the front without ${leftOut}; a set may be worth taking for that alone`,
  })),
  {
    gives: (sets) =>
      namesWhere(sets, (a) => !sets.some((b) => respects.every((respect) => b[respect] < a[respect]))),
    says: "a set need not be better in all respects to beat another: it is enough to be better in one, and no worse in the others",
  },
  {
    gives: (sets) => namesWhere(sets, (a) => !sets.some((b) => b !== a && isAtMost(b, a, respects))),
    says: "of two sets that are alike in all respects neither beats the other: both stay",
  },
  {
    gives: (sets) =>
      namesWhere(sets, (a) => respects.some((respect) => sets.every((b) => a[respect] <= b[respect]))),
    says: "these are the best in one respect each; a set that is second in all may be worth taking, too",
  },
  {
    gives: (sets) => namesWhere(sets, (set) => betterThan(sets, set) !== undefined),
    says: "these are the sets that others beat; return the rest",
  },
  {
    gives: (sets) =>
      namesWhere(
        sets,
        (a) => !sets.some((b) => isAtMost(a, b, respects) && isBelowSomewhere(a, b, respects)),
      ),
    says: "these are the sets that beat no other one; less is better",
  },
];

function mistakeOf(sets: readonly SweptSet[], given: ReadonlySet<string>, expected: ReadonlySet<string>) {
  if (isSame(given, expected)) return undefined;
  return mistakes.find(({ gives }) => isSame(new Set(gives(sets)), given))?.says;
}

const isSame = (a: ReadonlySet<string>, b: ReadonlySet<string>) =>
  a.size === b.size && [...a].every((name) => b.has(name));

/**
 * A sweep in which every mistake gives something else than the front: with sets that are alike, sets that tie in two respects, and
 * sets that are on the front for one respect.
 */
function drawSweep(random: Random): SweptSet[] {
  for (;;) {
    const sets = drawSets(random);
    const front = new Set(optimal(sets));
    const given = mistakes.map(({ gives }) => new Set(gives(sets)));
    const isTelling = given.every(
      (names, i) => !isSame(names, front) && given.findIndex((others) => isSame(others, names)) === i,
    );
    if (isTelling) return sets;
  }
}

const letters = "ABCDEFGHIJKL";

function drawSets(random: Random): SweptSet[] {
  const sets = Array.from({ length: letters.length - 2 }, () => ({
    milliseconds: 10 * integer(random, 5, 40),
    error: integer(random, 1, 30) / 10_000,
    upload: 1000 * integer(random, 100, 900),
  }));
  const twin = { ...sets[integer(random, 0, sets.length - 1)] };
  const tied = { ...sets[integer(random, 0, sets.length - 1)] };
  tied.upload += 1000 * integer(random, 1, 50);
  const all = [...sets, twin, tied].map((set) => ({ set, at: random() })).sort((a, b) => a.at - b.at);
  return all.map(({ set }, i) => ({ name: letters[i], ...set }));
}
