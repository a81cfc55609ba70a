import { test } from "@jest/globals";
import { checkProgram } from "./transposed-convolutional.js";

test("a program of a transposed convolution computes encrypted images: batch", () => checkProgram("batch"));
