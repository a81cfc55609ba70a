export { type FigureSize } from "./figure-bundle.js";
export { jupyterDisplay, type Displayable, type MimeBundle } from "./mime.js";
export { measure, type Measured } from "./measure.js";
export { show } from "./show.js";
export { stageBill } from "./stage-bill.js";
export { table, type NotebookTable, type TableOptions } from "./table.js";
export { toMimeBundle } from "./to-mime-bundle.js";
