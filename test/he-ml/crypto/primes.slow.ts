import { test } from "@jest/globals";
import { checkSieve } from "./primes.js";

test("isPrime agrees with the sieve of Eratosthenes up to 20,000", () => checkSieve(20_000));
