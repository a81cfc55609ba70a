import { testDamagedFiles } from "./damaged-files.js";

// The first of the ten thousand that damaged-files.slow.ts tests.
testDamagedFiles(70);
