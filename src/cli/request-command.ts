import { Command, Option } from "commander";
import { packings, type Packing } from "../he-ml/crypto/packing.js";
import { parametersSpec } from "../he-ml/crypto/parameters.js";
import type { SchemeParameters } from "../he-ml/crypto/scheme-parameters.js";
import { layerForward } from "../he-ml/model/model.js";
import { RemoteLayers } from "../he-ml/network/remote-layers.js";
import { RemoteModel } from "../he-ml/network/remote-model.js";
import type { RemoteInference } from "../he-ml/network/remote-inference.js";
import type { RemoteProgress } from "../he-ml/network/remote-options.js";
import { loadModel } from "../he-ml/node/files/load-model.js";
import { modelFile } from "../he-ml/node/files/model-folder.js";
import { selectLayers } from "../he-ml/model/layer-range.js";
import { gapsBetween } from "../he-ml/service/gaps.js";
import { timed } from "../he-ml/service/timed.js";
import { errorStatistics } from "../he-ml/tensor/error-statistics.js";
import { argmax, imageAt, type Shape, type Tensor } from "../he-ml/tensor/tensor.js";
import { layerNumbers } from "./arguments.js";
import { InputError } from "../he-ml/errors.js";
import { ExitStatus, type CommandIo } from "./command-io.js";
import { addImageOptions, type ImageOptions } from "./image-options.js";
import { gapLines } from "./inference-text.js";
import { startProgress } from "./progress.js";
import { readClientFile, requireTogether, type ClientFile } from "./request-client-file.js";
import { requestImages } from "./request-images.js";
import { requestText, type RequestReport } from "./request-text.js";

interface RequestOptions extends ImageOptions {
  readonly packing?: Packing;
  readonly reencrypt?: readonly number[];
  readonly model?: string;
  readonly json?: boolean;
}

/** `he-ml request`: has servers classify images that they never see. */
export function requestCommand(io: CommandIo): Command {
  const command = new Command("request")
    .description(
      "have servers classify images while they are encrypted; the secret key stays here. Images are those of the options, or of the file, or the first digit of MNIST",
    )
    .argument(
      "<CLIENT.json...>",
      "whom to ask for what: address, net, layers, encryption_parameters, dataset and index or input, token_file; PyCrCNN's own are read, too. Several share a network, each with its layers",
    )
    .option(
      "--reencrypt <layers>",
      "decrypt, and encrypt afresh, before these layers, as 3,5 (default: as the server's model or the file asks for)",
      layerNumbers,
    )
    .addOption(
      new Option(
        "--packing <p>",
        "layout of ciphertexts, where there are no encryption_parameters (default: packed)",
      ).choices(packings),
    )
    .option("--model <M>", "compare with a model that is here: a file, or the name of a folder under models/")
    .option("--json", "print everything as JSON")
    .action((paths: string[], options: RequestOptions) => run(paths, options, io));
  return addImageOptions(command);
}

async function run(paths: readonly string[], options: RequestOptions, io: CommandIo): Promise<void> {
  const { stdout, stderr } = io;
  const warn = (message: string) => void stderr.write(`he-ml: ${message}\n`);
  const files: ClientFile[] = [];
  for (const path of paths) files.push(await readClientFile(path));
  requireTogether(files);
  if (options.packing && files[0].encryption_parameters !== undefined) {
    throw new InputError(
      `request: --packing is for servers' own programs, and encryption_parameters ask for one value a ciphertext; leave one out`,
    );
  }
  const local = options.model === undefined ? undefined : await loadModel(options.model);
  const progress = startProgress(stderr);
  const onProgress = ({ stage, done, total }: RemoteProgress) =>
    progress.update(stage, done, Math.max(1, total));
  const modelPath = local && (await modelFile(options.model!));
  const asked: Asked = { files, options, modelPath, warn, signal: io.signal, onProgress };
  const answered = await (
    files[0].encryption_parameters === undefined ? byPrograms(asked) : byLayers(asked)
  ).finally(() => progress.stop());
  const { report, names, logits, images } = answered;
  const plain =
    local &&
    selectLayers(local.layers, answered.layers).reduce(
      (values, layer) => layerForward(layer, values),
      images,
    );
  const compared: RequestReport = plain
    ? {
        ...report,
        results: report.results.map((result, i) => ({ ...result, ...comparison(logits, plain, i) })),
      }
    : report;
  stdout.write(
    options.json ? `${JSON.stringify(compared)}\n` : `${requestText(compared, names, answered.isWhole)}\n`,
  );
  if (!plain) return;
  const gaps = gapLines({
    gaps: gapsBetween({ encrypted: logits, forward: plain }, answered.relativeError ?? usualRelativeError),
  });
  gaps.forEach(warn);
  if (gaps.length > 0) throw new ExitStatus(1);
}

/** What plans keep to where nothing else was asked for. */
const usualRelativeError = 0.01;

interface Asked {
  readonly files: readonly ClientFile[];
  readonly options: RequestOptions;
  /** Of the model that is here. */
  readonly modelPath?: string;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RemoteProgress) => void;
}

interface Answered {
  readonly report: RequestReport;
  readonly names: readonly string[];
  readonly images: Tensor;
  readonly logits: Tensor;
  /** Of all servers together. */
  readonly layers: readonly number[];
  readonly relativeError?: number;
  /** Whether they end with the model's last layer, whose outputs are logits. */
  readonly isWhole: boolean;
}

/** Packed, by programs and sessions. */
async function byPrograms({ files, options, modelPath, warn, signal, onProgress }: Asked): Promise<Answered> {
  const [first] = files;
  const places = files.map(({ address, layers, token }) => ({
    url: withoutRoute(address),
    layers: layers!,
    token,
  }));
  const alone = files.length === 1;
  const start = performance.now();
  await using remote = await RemoteModel.connect(alone ? places[0].url : places, first.net, {
    ...{ signal, onProgress, reencryptPositions: options.reencrypt, packing: options.packing },
    ...(alone && { layers: first.layers, token: first.token }),
  });
  const connect = performance.now() - start;
  const { inputShape, specs } = remote;
  const last = specs.at(-1)!;
  const source = await requestImages(
    options,
    first,
    { inputShape, outputShape: last.outputShape, classNames: remote.classNames, modelPath },
    warn,
  );
  const inference = await remote.infer(source.images);
  const layers = specs.flatMap((spec) => spec.layers);
  const servers = places.map(({ url, layers: own }) => ({ url, layers: own ?? layers }));
  const known = first.layers && (await RemoteModel.models(places[0].url, { token: first.token, signal }));
  const model = known?.find(({ net }) => net === remote.net);
  const isWhole = !model || last.layers.at(-1) === model.layers.length - 1;
  return {
    ...{
      names: source.names,
      images: source.images,
      logits: inference.logits,
      layers,
      relativeError: last.output.relativeError,
      isWhole,
    },
    report: {
      ...{ model: remote.net, packing: specs[0].packing, images: source.images.shape[0], servers },
      parameters: parametersSpec(remote.parameters),
      ...resultsOf(inference, source.labels, connect),
      classNames: source.classNames ?? remote.classNames,
    },
  };
}

/** In the original's way: one value a ciphertext, layer by layer. */
async function byLayers({ files, options, modelPath, warn, signal, onProgress }: Asked): Promise<Answered> {
  const [first] = files;
  const ranges = files.map(({ address, net, layers, token }) => ({
    url: withoutRoute(address),
    net,
    layers,
    token,
  }));
  const [layers, connect] = await timed(() => RemoteLayers.create(first.encryption_parameters));
  const model = await layers.modelOf(ranges[0], { signal });
  const own = ranges.flatMap((range) => range.layers ?? [...model.layers.keys()]);
  const shapes: Shape[] = [model.inputShape, ...model.layers.map(({ outputShape }) => outputShape)];
  selectLayers(model.layers, own);
  const source = await requestImages(
    options,
    first,
    {
      inputShape: shapes[own[0]],
      outputShape: shapes[own.at(-1)! + 1],
      classNames: model.classNames,
      modelPath,
    },
    warn,
  );
  const inference = await layers.infer(ranges, source.images, {
    // A pruned network encrypts zeros, which nobody here can tell; beside all the values a key is little.
    ...{ signal, onProgress, publicKey: true },
    reencryptPositions: options.reencrypt,
  });
  return {
    ...{ names: source.names, images: source.images, logits: inference.logits, layers: own },
    isWhole: own.at(-1) === model.layers.length - 1,
    report: {
      ...{ model: model.net, packing: "scalar", images: source.images.shape[0] },
      servers: ranges.map((range) => ({ url: range.url, layers: range.layers ?? own })),
      parameters: written(layers.parameters),
      ...resultsOf(inference, source.labels, connect),
      classNames: source.classNames ?? model.classNames,
    },
  };
}

/** The original's addresses name the route. */
const withoutRoute = (address: string) => address.replace(/\/compute\/?$/, "");

function written(parameters: SchemeParameters): RequestReport["parameters"] {
  if (parameters.scheme === "ckks") return parametersSpec(parameters);
  const { scheme, polyModulusDegree, coeffModulusBits, plainModulus, security, securityTable } = parameters;
  return { scheme, polyModulusDegree, coeffModulusBits, plainModulus, security, securityTable };
}

function resultsOf(
  { logits, predicted, milliseconds, bytes, traces }: RemoteInference,
  labels: readonly (number | null)[],
  connect: number,
) {
  return {
    results: predicted.map((position, i) => ({
      ...{ logits: [...imageAt(logits, i).data], predicted: position, label: labels[i], milliseconds },
    })),
    ...{ setupMilliseconds: { connect }, milliseconds, bytes, layers: traces },
  };
}

function comparison(logits: Tensor, plain: Tensor, image: number) {
  const [own, exact] = [imageAt(logits, image), imageAt(plain, image)];
  const { maxAbs: maxAbsError, relativeToMax } = errorStatistics(own, exact);
  return { plainLogits: [...exact.data], plainPredicted: argmax(exact.data), maxAbsError, relativeToMax };
}
