/** The notebooks of the course in the order in which they are read: names of files in `notebooks/`, without `.ipynb`. */
export const course = [
  "HE-ML_CKKS",
  "00-the-black-box",
  "01-numbers-as-a-polynomial",
  "02-hiding-it",
  "03-multiply",
  "04-levels-are-the-budget",
  "05-slots-that-move",
  "06-a-network-that-can-be-encrypted",
  "07-the-planner",
  "08-choosing-parameters",
  "09-what-can-go-wrong",
  "10-the-service",
  "11-capstone",
] as const;

/** Notebooks beside the course. */
export const furtherNotebooks = ["parameters", "figures"] as const;

/** Texts that the course leads to, as paths in the checkout. */
export const texts = [
  "notebooks/GLOSSARY.md",
  "notebooks/INSTRUCTORS.md",
  "SECURITY.md",
  "src/he-ml/GLOSSARY.md",
] as const;

/** The committed models, whose cards are in `models/NAME/card.md`. */
export const models = [
  "lenet1",
  "lenet1-tanh",
  "lenet1-from-tanh",
  "lenet1-12x12",
  "mnist-small",
  "fashion-mnist",
  "breast-cancer",
] as const;

/** Notebooks of Node's alone, which no page can run: this one measures with worker processes, and writes files. */
export const onlyToRead: readonly string[] = ["notebooks/figures.ipynb"];

/** Files of MNIST as a whole, as paths in the library's folder. */
const mnist = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"].map(
  (name) => `models/datasets/mnist/${name}-ubyte.gz`,
);

/** What notebooks read that is large: a page fetches it while its notebook is still being read. */
export const notebookData: Readonly<Record<string, readonly string[]>> = {
  "notebooks/HE-ML_CKKS.ipynb": mnist,
  "notebooks/06-a-network-that-can-be-encrypted.ipynb": mnist,
  "notebooks/exercises/06-a-network-that-can-be-encrypted.ipynb": mnist,
  "notebooks/11-capstone.ipynb": mnist,
  "notebooks/exercises/11-capstone.ipynb": mnist,
};
