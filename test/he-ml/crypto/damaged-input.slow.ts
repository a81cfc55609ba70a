import { test } from "@jest/globals";
import { checkCompressed } from "./compressed.js";
import { describeDamagedInput } from "./damaged-input.js";

describeDamagedInput("seal");

test("bytes compressed by zlib, which could inflate to gigabytes: refused everywhere", () =>
  checkCompressed("zlib"));
