import { test } from "@jest/globals";
import { temporaryFolder } from "./support.js";
import { checkConversion, trainOnFewImages } from "./train-conversion.js";

test.each(["square", "polynomial"] as const)(
  "he-ml train --from a tanh network puts a %s in its place, fine-tunes, and exports",
  async (activation) => {
    const folder = await temporaryFolder();
    await checkConversion(await trainOnFewImages(folder.path), folder.path, activation);
    await folder.remove();
  },
);
