export { renderNotebook, type RenderNotebookOptions } from "./render-notebook.js";
