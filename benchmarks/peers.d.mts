export interface Peer {
  readonly id: string;
  readonly folder: string;
  readonly name: string;
  readonly licence: string;
  /** The file that is run, in the peer's folder. */
  readonly run: string;
  /** Versions of Python that it can be installed for, the best first; none for what runs in Node. */
  readonly pythons?: readonly string[];
  readonly options?: Readonly<Record<string, unknown>>;
}
export const environments: string;
export const reference: string;
export function readPeers(): Promise<Peer[]>;
export function runPeer(
  peer: Peer,
  job: object,
  options: {
    readonly limit: number;
    readonly onProgress?: (step: string) => void;
  },
): Promise<{ readonly status: string; readonly reason?: string }>;
