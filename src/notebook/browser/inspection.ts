/** What stands at the cursor of a cell: its signature, its documentation, and how it is declared. */
import ts from "typescript";

/** Lines of a declaration to show at most. */
const MAX_DECLARATION_LINES = 60;

/** A signature in TypeScript, then documentation in Markdown. */
export interface Inspection {
  signature: string;
  docs: string;
  /** The text of the declaration, where it was asked for. */
  declaration?: string;
}

/**
 * Of the name at `position`; within a call's parentheses, and on no name, of what is called.
 *
 * @param offset where the cell begins in the file: what stands before it declares the names of earlier cells
 * @param declared whether to add how it is declared
 */
export function inspection(
  service: ts.LanguageService,
  path: string,
  position: number,
  offset: number,
  declared: boolean,
): Inspection | undefined {
  const info = service.getQuickInfoAtPosition(path, position);
  if (!info) return calledAt(service, path, position);
  const origin = originOf(service, path, position, offset);
  const { documentation, tags } = service.getQuickInfoAtPosition(path, origin ?? position) ?? info;
  const signature = withoutImport(ts.displayPartsToString(info.displayParts));
  if (signature === "any") return undefined;
  const declaration = declared ? declarationOf(service, path, origin ?? position) : undefined;
  return { signature, docs: docsOf(documentation, tags), declaration };
}

/** The place in the file's first line that leads to an earlier cell's variable: the last name of `typeof import(…).x`. */
function originOf(
  service: ts.LanguageService,
  path: string,
  position: number,
  offset: number,
): number | undefined {
  const [definition] = service.getDefinitionAtPosition(path, position) ?? [];
  if (definition?.fileName !== path || definition.textSpan.start >= offset) return undefined;
  const { text } = service.getProgram()!.getSourceFile(path)!;
  const name = `).${definition.name};`;
  return text.indexOf(name, definition.textSpan.start) + 2;
}

/** `(alias) class C\nimport C`, of an imported name, without what tells that it is imported. */
const withoutImport = (signature: string): string =>
  signature.replace(/^\(alias\) /, "").replace(/\n(import .*(\n|$))/, "") || signature;

/** The call that is being written. */
function calledAt(service: ts.LanguageService, path: string, position: number): Inspection | undefined {
  const help = service.getSignatureHelpItems(path, position, undefined);
  const item = help?.items[help.selectedItemIndex];
  if (!item) return undefined;
  const text = ts.displayPartsToString;
  const parameters = item.parameters.map(({ displayParts }) => text(displayParts));
  const signature =
    text(item.prefixDisplayParts) +
    parameters.join(text(item.separatorDisplayParts)) +
    text(item.suffixDisplayParts);
  return { signature, docs: docsOf(item.documentation, item.tags) };
}

function docsOf(documentation?: ts.SymbolDisplayPart[], tags: readonly ts.JSDocTagInfo[] = []): string {
  const parts = [ts.displayPartsToString(documentation), ...tags.map(tagText)];
  return parts
    .filter(Boolean)
    .join("\n\n")
    .replaceAll(/\{@link(?:code|plain)? ([^}]*)\}/g, "$1");
}

function tagText({ name, text = [] }: ts.JSDocTagInfo): string {
  const words = ts.displayPartsToString(text);
  if (name === "example") return `Example:\n\n${FENCE}typescript\n${words}\n${FENCE}`;
  return `*@${name}* ${words}`.trimEnd();
}

const FENCE = "```";

/** The first lines of the declaration of the name at `position`. */
function declarationOf(service: ts.LanguageService, path: string, position: number): string | undefined {
  const [definition] = service.getDefinitionAtPosition(path, position) ?? [];
  const file = definition && service.getProgram()!.getSourceFile(definition.fileName);
  if (!file) return undefined;
  const { start, length } = definition.contextSpan ?? definition.textSpan;
  const lines = file.text.slice(start, start + length).split("\n");
  return lines.length > MAX_DECLARATION_LINES
    ? [...lines.slice(0, MAX_DECLARATION_LINES), "…"].join("\n")
    : lines.join("\n");
}

/** As text, for whoever shows no Markdown. */
export const plainText = ({ signature, docs, declaration }: Inspection): string =>
  [signature, docs.replaceAll(/^```.*\n?/gm, "").replaceAll(/^\*(@\w+)\*/gm, "$1"), declaration]
    .filter(Boolean)
    .join("\n\n");

export const markdown = ({ signature, docs, declaration }: Inspection): string =>
  [fenced(signature), docs, declaration && fenced(declaration)].filter(Boolean).join("\n\n");

const fenced = (code: string): string => `${FENCE}typescript\n${code}\n${FENCE}`;
