// The parts of tslab 1.0.22 (dist/jupyter.js, dist/executor.js) that the preload mends.

export interface KernelMessage {
  readonly header: { msg_type: string };
  content: Record<string, unknown>;
  createReply(): KernelMessage;
  signAndSend(key: string, socket: unknown): void;
}

export interface Socket {
  send(...message: unknown[]): Promise<void>;
  readonly closed: boolean;
  sendHighWaterMark?: number;
}

export interface ExecuteRequest {
  readonly code: string;
  readonly silent?: boolean;
  readonly stop_on_error?: boolean;
}

export interface ExecuteReply {
  status: string;
  execution_count?: number;
  ename?: string;
  evalue?: string;
  traceback?: string[];
}

export type WriteStream = (name: "stdout" | "stderr", text: string) => void;
export type WriteDisplayData = (content: Record<string, unknown>, update?: boolean) => void;

export interface Handler {
  execCount: number;
  handleKernel(): Record<string, unknown>;
  handleExecute(
    request: ExecuteRequest,
    writeStream: WriteStream,
    writeDisplayData: WriteDisplayData,
  ): Promise<ExecuteReply>;
  /** Runs one cell; throws where it failed. Never two at once. */
  handleExecuteImpl(
    request: ExecuteRequest,
    writeStream: WriteStream,
    writeDisplayData: WriteDisplayData,
  ): Promise<unknown>;
}

export interface Server {
  readonly handler: Handler;
  readonly connInfo: { readonly key: string };
  readonly iopub: Socket;
  init(): void;
  bindSocket(socket: Socket, port: number): Promise<void>;
  handleShellMessage(socket: Socket, ...frames: Buffer[]): Promise<void>;
  handleExecute(socket: Socket, message: KernelMessage): Promise<void>;
  handleCommInfoRequest(socket: Socket, message: KernelMessage): void;
  close(): void;
}

export interface Jupyter {
  readonly ZmqServer: { readonly prototype: Server };
  readonly JupyterHandlerImpl: { readonly prototype: Handler };
}

/** Where tslab's executor writes a cell's last value, and what went wrong in the cell. */
export interface CellConsole {
  log(value: unknown): void;
  error(...what: unknown[]): void;
}

export interface Executor {
  createExecutor(folder: string, converters: unknown, console: CellConsole): unknown;
}

/** What tslab makes of a cell. */
export interface Converted {
  readonly output?: string;
  readonly hasToplevelAwait?: boolean;
  /** Positions count from 0; a cell's own have no file's name. */
  readonly diagnostics: readonly {
    readonly start: { readonly line: number; character: number };
    readonly fileName?: string;
  }[];
}

export interface Converter {
  convert(previousDeclarations: string, cell: string): Converted;
  inspect(previousDeclarations: string, cell: string, position: number): unknown;
  complete(previousDeclarations: string, cell: string, position: number): unknown;
}

export interface ConverterModule {
  createConverter(options: unknown): Converter;
}

export interface SyntaxNode {
  getStart(source: SyntaxNode): number;
  getText(source: SyntaxNode): string;
}

export interface TypeScript {
  readonly version: string;
  readonly ScriptTarget: { readonly Latest: number };
  createSourceFile(name: string, text: string, target: number, setParents: boolean): SyntaxNode;
  isExpressionStatement(node: SyntaxNode): boolean;
  forEachChild(node: SyntaxNode, visit: (child: SyntaxNode) => void): void;
  readonly ModuleResolutionKind: { readonly Bundler: number };
  createWatchCompilerHost(files: string[], options: Record<string, unknown>, ...rest: unknown[]): unknown;
}

/** Why a cell failed, as Jupyter's `error` message says it. */
export interface Failure {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: string[];
}
