import type { App } from "./app.js";
import type { Service } from "./service.js";
export async function computeRoute(_app: App, _service: Service): Promise<void> {}
