import * as tfl from "@tensorflow/tfjs-layers";
import { readTfjs } from "../../../src/he-ml/formats/tfjs/read.js";
import type { Network } from "../../../src/he-ml/model/model.js";
import { encode, type SavedModel } from "./tfjs-support.js";

export const { layers } = tfl;

/** Reads a model as tfjs saved it. */
export const read = ({ json, weights }: SavedModel): Network =>
  readTfjs(encode(json), { name: "net", file: () => weights });

export type Layers = tfl.layers.Layer[];

export const onFeatures = (...of: Layers) =>
  tfl.sequential({ layers: [layers.inputLayer({ inputShape: [6] }), ...of] });
