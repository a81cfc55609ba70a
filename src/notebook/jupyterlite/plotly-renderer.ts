import { IRenderMimeRegistry, type MimeModel, type RenderMimeRegistry } from "@jupyterlab/rendermime";
import { Widget } from "@lumino/widgets";

declare const heMlExtensionScript: string;

export const plotlyScript = new URL("plotly.js", heMlExtensionScript).href;

const mimeType = "application/vnd.plotly.v1+json";
const buttons = { displaylogo: false, responsive: true, modeBarButtons: [["toImage", "resetScale2d"]] };

interface Plotly {
  react(element: HTMLElement, figure: object): Promise<unknown>;
  purge(element: HTMLElement): void;
  Plots: { resize(element: HTMLElement): void };
}

/** Plotly's own parts for axes in a plane, half a megabyte, loaded with the first figure. */
const loadPlotly = async () => ((await import(plotlyScript)) as { default: Plotly }).default;

class RenderedFigure extends Widget {
  #plotly: Plotly | undefined;

  async renderModel({ data }: MimeModel): Promise<void> {
    const { layout, config, ...figure } = data[mimeType] as { layout: object; config?: object };
    this.#plotly = await loadPlotly();
    await this.#plotly.react(this.node, { ...figure, layout, config: { ...config, ...buttons } });
  }

  protected override onResize(): void {
    if (this.isVisible) this.#plotly?.Plots.resize(this.node);
  }

  override dispose(): void {
    if (!this.isDisposed) this.#plotly?.purge(this.node);
    super.dispose();
  }
}

/** Draws the figures of notebooks, as JupyterLab's extension of plotly does, of which this is a third in size. */
export const plotlyRenderer = {
  id: "he-ml:plotly",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate(_app: unknown, registry: RenderMimeRegistry): void {
    const beforePictures = 0;
    registry.addFactory(
      { safe: true, mimeTypes: [mimeType], createRenderer: () => new RenderedFigure() },
      beforePictures,
    );
  },
};
