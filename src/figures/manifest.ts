import { createHash } from "node:crypto";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { writeWholeFile } from "../he-ml/node/files/whole-file.js";
import type { TypeOf } from "../he-ml/schema.js";

export const manifestFile = "manifest.json";

const fileSchema = z.object({
  /** In the manifest's own folder. */
  path: z.string(),
  /** Null of what shows all figures. */
  figure: z.string().nullable(),
  command: z.string(),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export const manifestSchema = z.object({ files: z.array(fileSchema) });

/** Which command made which file of a folder, and what SHA-256 says of the file. */
export interface Manifest extends TypeOf<typeof manifestSchema> {}

type ManifestFile = Manifest["files"][number];

/** A folder's files, each with its line in the folder's manifest. */
export class ManifestFolder {
  private files: ManifestFile[] = [];

  private constructor(readonly folder: string) {}

  /** Takes up the manifest that an earlier run has left, without what is there no longer; what is no manifest counts as none. */
  static async open(folder: string): Promise<ManifestFolder> {
    const opened = new ManifestFolder(folder);
    const text = await readFile(join(folder, manifestFile), "utf8").catch(() => "");
    for (const file of readManifest(text)) {
      if (await exists(join(folder, file.path))) opened.files.push(file);
    }
    return opened;
  }

  get manifest(): Manifest {
    return { files: this.files };
  }

  /** The figures that have files. */
  get figures(): ReadonlySet<string> {
    return new Set(this.files.flatMap(({ figure }) => figure ?? []));
  }

  /** Forgets a figure's files, before others are written. */
  forget(figure: string): void {
    this.files = this.files.filter((file) => file.figure !== figure);
  }

  /** @throws WriteError */
  async write(
    { path, figure, command }: Pick<ManifestFile, "path" | "figure" | "command">,
    content: string | Uint8Array,
  ): Promise<void> {
    await writeWholeFile(join(this.folder, path), content);
    const bytes = Buffer.from(content);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    this.files = this.files.filter((file) => file.path !== path);
    this.files.push({ path, figure, command, bytes: bytes.length, sha256 });
  }

  /** @throws WriteError */
  async writeManifest(): Promise<void> {
    await writeWholeFile(join(this.folder, manifestFile), `${JSON.stringify(this.manifest, null, 2)}\n`);
  }
}

function readManifest(text: string): readonly ManifestFile[] {
  try {
    return manifestSchema.parse(JSON.parse(text)).files;
  } catch {
    return [];
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
