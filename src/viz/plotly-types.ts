/* eslint-disable @typescript-eslint/ban-ts-comment, @typescript-eslint/consistent-type-imports -- for whoever checks types against the package without plotly */
// Plotly's own types where it is installed, `any` where it is not: the comments stand in the declarations too.

/** @ts-ignore */
export type Config = import("plotly.js-dist-min").Config;
/** @ts-ignore */
export type Data = import("plotly.js-dist-min").Data;
/** @ts-ignore */
export type Frame = import("plotly.js-dist-min").Frame;
/** @ts-ignore */
export type Layout = import("plotly.js-dist-min").Layout;
/** @ts-ignore */
export type LayoutAxis = import("plotly.js-dist-min").LayoutAxis;
