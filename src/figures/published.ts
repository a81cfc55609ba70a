/** What others published of encrypted inference, each number as its source says it; measured on other machines than ours. */
export interface Published {
  readonly system: string;
  /** As the source calls it. */
  readonly network: string;
  /** The committed model that is much like it, where there is one. */
  readonly resembles?: "lenet1" | "mnist-small";
  readonly citation: { readonly text: string; readonly url: string };
  /** Where it was measured, as far as the source says. */
  readonly hardware: string;
  /** Images that the time is of. */
  readonly images: number;
  readonly seconds: number;
  readonly predictionsPerHour?: number;
  /** Share of test images, where the source has it. */
  readonly accuracy?: number;
  readonly note?: string;
}

const uniHennPaper = {
  text: "Choi et al., UniHENN: Designing Faster and More Versatile Homomorphic Encryption-Based CNNs Without im2col, IEEE Access 12 (2024)",
  url: "https://doi.org/10.1109/ACCESS.2024.3438996",
} as const;

const uniHennMachine = "16 cores of an Intel Xeon Gold 5220 at 2.20 GHz, 64 GB";

const lolaPaper = {
  text: "Brutzkus, Gilad-Bachrach, Elisha, Low Latency Privacy Preserving Inference, ICML 2019",
  url: "https://proceedings.mlr.press/v97/brutzkus19a.html",
} as const;

export const published = {
  uniHenn: {
    system: "UniHENN",
    network: "LeNet-1 with squares, MNIST",
    resembles: "lenet1",
    citation: uniHennPaper,
    hardware: uniHennMachine,
    images: 1,
    seconds: 30.089,
  },
  pyCrCnn: {
    system: "PyCrCNN",
    network: "LeNet-1 with squares, MNIST",
    resembles: "lenet1",
    citation: uniHennPaper,
    hardware: uniHennMachine,
    images: 1,
    seconds: 800.591,
    note: "as measured by the authors of UniHENN",
  },
  cryptoNets: {
    system: "CryptoNets",
    network: "5@5×5 stride 2 → square → 100 → square → 10, MNIST",
    resembles: "mnist-small",
    citation: {
      text: "Gilad-Bachrach et al., CryptoNets: Applying Neural Networks to Encrypted Data with High Throughput and Accuracy, ICML 2016",
      url: "https://proceedings.mlr.press/v48/gilad-bachrach16.html",
    },
    hardware: "Intel Xeon E5-1620 at 3.5 GHz, 16 GB",
    images: 4096,
    seconds: 250,
    predictionsPerHour: 59_000,
    accuracy: 0.99,
  },
  lola: {
    system: "LoLa",
    network: "that of CryptoNets, MNIST",
    resembles: "mnist-small",
    citation: lolaPaper,
    hardware: "Azure B8ms: 8 virtual cores, 32 GB",
    images: 1,
    seconds: 2.2,
    accuracy: 0.9895,
  },
  lolaSmall: {
    system: "LoLa-Small",
    network: "one convolution → square → dense, MNIST",
    citation: lolaPaper,
    hardware: "Azure B8ms: 8 virtual cores, 32 GB",
    images: 1,
    seconds: 0.29,
    accuracy: 0.9692,
  },
} as const satisfies Readonly<Record<string, Published>>;
