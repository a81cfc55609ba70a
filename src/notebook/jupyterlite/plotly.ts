/** Plotly for axes in a plane, as a module of its own. */
export { default } from "plotly.js-cartesian-dist-min";
