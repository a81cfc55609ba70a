import { test } from "@jest/globals";
import { checkBuffers } from "./buffers.js";
import { packings } from "./support.js";

test.each(packings)(
  "keys, requests, responses and secret keys are taken as Buffers in the midst of others, packing %s",
  checkBuffers,
);
