/** Datasets and the training of square-activated CNNs. The package's subpath `he-ml/train`. */
export { architectureNames, buildNetwork, type ArchitectureName, type Network } from "./architectures.js";
export { selectImages, sliceDataset, type Dataset, type LabelledImages } from "./dataset.js";
export { measureAccuracy, measureValueRanges } from "./evaluate.js";
export { datasetNames, loadDataset, loadTestImages, type LabelledTestImages } from "./load-dataset.js";
export { trainAndExport, type TrainAndExportOptions, type TrainAndExportResult } from "./export.js";
export { toModel } from "./to-model.js";
export { train, type TrainingOptions, type TrainingProgress, type TrainingResult } from "./train.js";
