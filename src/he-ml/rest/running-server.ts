/** A server that answers. */
export interface RunningServer extends AsyncDisposable {
  readonly url: string;
  /** What its models are called. */
  readonly models: readonly string[];
  /** Takes nothing new, finishes what was accepted, and ends. */
  close(): Promise<void>;
}
