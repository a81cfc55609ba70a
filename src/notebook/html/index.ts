export { renderNotebook, type RenderNotebookOptions } from "./render-notebook.js";
export { amountToRead, type AmountToRead } from "./amount-to-read.js";
