import * as z from "zod";
import { InputError } from "../../he-ml/errors.js";
import { fromJson, toJson, type Json } from "./codec.js";
import { isStubMessage, unjudged, wrong, type Exercise, type Verdict } from "./exercise.js";
import { shown } from "./responses.js";

/** What travels from the student's process: what the answer gave, or what it threw. */
export type Reply = { readonly value: Json } | { readonly threw: string };

const replySchema = z.union([
  z.strictObject({ value: z.custom<Json>((value) => value !== undefined) }),
  z.strictObject({ threw: z.string().max(10_000) }),
]);

const longestThrown = 500;

/** Asks the student's answer, and gives what is to be judged, whatever it does. */
export async function replyTo(exercise: Exercise, answer: unknown, question: Json): Promise<Reply> {
  try {
    return { value: toJson(await exercise.ask(answer, fromJson(question))) };
  } catch (thrown) {
    return { threw: thrownText(thrown).slice(0, longestThrown) };
  }
}

function thrownText(thrown: unknown): string {
  if (!(thrown instanceof Error)) return shown(thrown);
  return isStubMessage(thrown.message) ? thrown.message : `${thrown.name}: ${thrown.message}`;
}

/** A question that is out, and how a reply to it is judged. */
export interface Asked {
  readonly question: Json;
  judge(reply: unknown): Promise<Verdict>;
}

/** Draws a fresh case. */
export async function ask(exercise: Exercise, random: () => number): Promise<Asked> {
  const { question, secret } = await exercise.draw(random);
  return { question: toJson(question), judge: (reply) => judge(exercise, question, secret, reply) };
}

/** Judges what came back, which may be anything. */
async function judge(
  exercise: Exercise,
  question: unknown,
  secret: unknown,
  reply: unknown,
): Promise<Verdict> {
  const parsed = replySchema.safeParse(reply);
  if (!parsed.success) return unjudged("what came back is no answer");
  if ("threw" in parsed.data) {
    const { threw } = parsed.data;
    return isStubMessage(threw) ? untouched(exercise) : wrong(`${exercise.answer} threw ${threw}`, 1);
  }
  try {
    const response = fromJson(parsed.data.value);
    return isNothing(response) ? untouched(exercise) : await exercise.judge(question, secret, response);
  } catch (error) {
    if (error instanceof InputError) return wrong(error.message, 1);
    throw error;
  }
}

const untouched = ({ answer }: Exercise): Verdict => ({
  ...wrong(`${answer} is still to be written`, 1),
  untouched: true,
});

/** Nothing at all, or nothing in each case. */
function isNothing(response: unknown): boolean {
  if (Array.isArray(response)) return response.length > 0 && response.every((one) => one === undefined);
  return response === undefined;
}
