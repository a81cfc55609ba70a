import type { Service } from "../../rest/service.js";
import type { Bodies } from "./bodies.js";
import type { Metrics } from "./metrics.js";

/** What the routes share, and what Fastify needs for them. */
export interface HttpService extends Service {
  readonly bodies: Bodies;
  readonly metrics: Metrics;
}
