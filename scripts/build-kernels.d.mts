export function compileKernels(
  name: string,
  memory: "" | "-shared",
  outFile: string,
  options?: readonly string[],
): Promise<void>;
