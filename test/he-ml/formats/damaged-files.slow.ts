import { testDamagedFiles } from "./damaged-files.js";

testDamagedFiles(10_000);
