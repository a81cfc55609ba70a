/** Diagrams become narrower with the page; JupyterLab leaves them at the width that they name, and cuts them on a telephone. */
const css = ".jp-RenderedSVG img { max-width: 100%; height: auto; }";

export const outputStyle = {
  id: "he-ml:output-style",
  autoStart: true,
  activate(): void {
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
  },
};
