import { test } from "@jest/globals";
import { temporaryFolder } from "./support.js";
import { checkConversion, trainOnFewImages } from "./train-conversion.js";

// A square in its place: see train.test.ts.
test("he-ml train --from a tanh network puts a polynomial in its place, fine-tunes, and exports", async () => {
  const folder = await temporaryFolder();
  await checkConversion(await trainOnFewImages(folder.path), folder.path, "polynomial");
  await folder.remove();
});
