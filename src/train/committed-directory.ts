import { fileURLToPath } from "node:url";

/** Where committed data lies: `src/train/` and `dist/train/` are both two levels below the package's root. */
export const committedDirectory = fileURLToPath(new URL("../../models/datasets/", import.meta.url));
