import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type * as z from "zod";
import type { TypeOf } from "../../schema.js";

/** What handlers get is what schemas give out; what they answer is only read. */
export interface SchemaTypes extends FastifyTypeProvider {
  readonly validator: this["schema"] extends z.ZodType ? z.output<this["schema"]> : unknown;
  readonly serializer: this["schema"] extends z.ZodType ? TypeOf<this["schema"]> : unknown;
}

/** A server's routes, typed by their schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  SchemaTypes
>;

declare module "fastify" {
  interface FastifyContextConfig {
    /** A server that is about to end takes nothing new. */
    readonly takesWork?: boolean;
  }
}
