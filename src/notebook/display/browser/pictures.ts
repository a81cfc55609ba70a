// `#pictures` of package.json's `imports` in a browser: none, as a page draws plotly's JSON and SVG itself.

export const figurePng = async (): Promise<Uint8Array | undefined> => undefined;

export const diagramPng = async (): Promise<Uint8Array | undefined> => undefined;
