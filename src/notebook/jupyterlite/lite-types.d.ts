/**
 * What the extension uses of JupyterLite and JupyterLab, which the page shares with it when it runs: their packages bring sixty more
 * along, for nothing but these types.
 *
 * @see https://github.com/jupyterlite/jupyterlite/tree/v0.8.6/packages/services
 */
declare module "@jupyterlite/services" {
  export interface Header {
    readonly msg_id: string;
    readonly session: string;
  }
  interface DisplayContent {
    data: Record<string, unknown>;
    metadata: Record<string, unknown>;
    transient?: Record<string, unknown>;
  }
  export interface KernelOptions {
    readonly id: string;
    readonly name: string;
    /** The notebook's folder. */
    readonly location: string;
    readonly sendMessage: (message: unknown) => void;
  }
  export abstract class BaseKernel {
    constructor(options: KernelOptions);
    readonly id: string;
    readonly location: string;
    readonly isDisposed: boolean;
    readonly executionCount: number;
    readonly parentHeader: Header | undefined;
    get ready(): Promise<void>;
    dispose(): void;
    protected stream(content: { name: string; text: string }, parent?: Header): void;
    protected displayData(content: DisplayContent, parent?: Header): void;
    protected updateDisplayData(content: DisplayContent, parent?: Header): void;
    protected publishExecuteResult(
      content: DisplayContent & { execution_count: number },
      parent?: Header,
    ): void;
    protected publishExecuteError(
      content: { ename: string; evalue: string; traceback: string[] },
      parent?: Header,
    ): void;
    abstract kernelInfoRequest(): Promise<object>;
    abstract executeRequest(content: { code: string }): Promise<object>;
    abstract completeRequest(content: { code: string; cursor_pos: number }): Promise<object>;
    abstract inspectRequest(content: {
      code: string;
      cursor_pos: number;
      detail_level: 0 | 1;
    }): Promise<object>;
    abstract isCompleteRequest(content: { code: string }): Promise<object>;
    abstract commInfoRequest(content: object): Promise<object>;
    abstract inputReply(content: object): void;
    abstract commOpen(message: object): Promise<void>;
    abstract commMsg(message: object): Promise<void>;
    abstract commClose(message: object): Promise<void>;
  }
  export interface KernelSpecs {
    register(options: { spec: object; create: (options: KernelOptions) => Promise<BaseKernel> }): void;
  }
  export interface JupyterApp {
    /** When what was open is open again. */
    readonly restored: Promise<void>;
    readonly started: Promise<void>;
    readonly serviceManager: { readonly ready: Promise<void>; readonly contents: Contents };
  }
  /** The files: those of the site, and over them those that the browser keeps. */
  export interface Contents {
    get(
      folder: string,
      options: { content: true },
    ): Promise<{ readonly content: readonly { readonly name: string }[] }>;
    /** Writes over what is there. */
    save(path: string, file: { type: "notebook"; format: "json"; content: object }): Promise<unknown>;
  }
  export interface KernelClient {
    interrupt(kernelId: string): Promise<void>;
  }
  export const IKernelSpecs: unique symbol;
  export const IKernelClient: unique symbol;
}

declare module "@jupyterlab/rendermime" {
  import type { Widget } from "@lumino/widgets";
  export interface MimeModel {
    readonly data: Readonly<Record<string, unknown>>;
  }
  export interface RenderMimeRegistry {
    addFactory(
      factory: {
        safe: boolean;
        mimeTypes: readonly string[];
        createRenderer(): Widget & { renderModel(model: MimeModel): Promise<void> };
      },
      rank: number,
    ): void;
  }
  export const IRenderMimeRegistry: unique symbol;
}

declare module "@lumino/widgets" {
  export class Widget {
    readonly node: HTMLElement;
    readonly isDisposed: boolean;
    readonly isVisible: boolean;
    dispose(): void;
    protected onResize(): void;
  }
}

declare module "plotly.js-cartesian-dist-min" {
  const plotly: object;
  export default plotly;
}

declare module "@jupyterlab/apputils" {
  /** Until it is read. */
  export function showErrorMessage(title: string, message: string): Promise<void>;
}

declare module "@jupyterlab/coreutils" {
  export const PageConfig: { getOption(name: string): string };
}
