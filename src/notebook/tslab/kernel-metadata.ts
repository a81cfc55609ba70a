/**
 * The name under which Jupyter finds our kernel, and which our notebooks carry. It is not `tslab`, since a
 * notebook would then run on a stock tslab kernel wherever one is installed, even beside ours; where only the stock
 * kernel is, JupyterLab and VS Code find it by the language, and nbclient when told `kernel_name="tslab"`.
 */
export const kernelName = "he-ml";

/** What a notebook's metadata says of the kernel that it is for. */
export const kernelMetadata = {
  name: kernelName,
  display_name: "TypeScript (HE-ML)",
  language: "typescript",
};
