import type {
  ApiError,
  BundleReceipt,
  BundleWish,
  Calls,
  ClipReceipt,
  ClipTarget,
  ErrorCode,
  Event,
  ExportFormat,
  ImportSurvey,
  JobPage,
  MediaPart,
  PostReceipt,
  SystemCalls,
  SystemEvent,
  UploadTarget,
  WatchView,
} from './contract';

/** What is taken home: the album, or a bundle of it for those who lack something. */
export type Taking = { readonly what: 'export'; readonly format: ExportFormat } | { readonly what: 'bundle'; readonly wish: BundleWish };

/** What the screens need of whatever runs the engine: requests, events, and addresses for bytes. */
export interface Host {
  readonly kind: 'tauri' | 'http' | 'guest' | 'mock';
  /** Asks the engine; fails with a [`Failure`]. */
  call<Name extends keyof Calls>(name: Name, args: Calls[Name]['args']): Promise<Calls[Name]['reply']>;
  /** Listens to what changes. After a lost connection the listener hears `lagged`. */
  events(listener: (event: Event) => void, link?: (up: boolean) => void): () => void;
  /**
   * Where the bytes of one part are, once they are complete on this device. A guest's page opens sealed pictures first: the
   * address is empty until then, and whoever asked is told as of any other state.
   */
  mediaUrl(group: string, moment: string, part: MediaPart): string;
  /** Reads a clip whole, where its bytes are sealed and have no address: to play it, on demand. */
  readonly openClip?:
    | ((group: string, moment: string, onProgress: (part: number) => void, signal: AbortSignal) => Promise<string>)
    | undefined;
  /** Lets the person choose a folder to watch for a group, where the host has a picker of its own; nothing when they did not. */
  readonly chooseFolder?: ((group: string) => Promise<WatchView | null>) | undefined;
  /** Puts an original among the person's photos, where its address alone does not: on a phone, and where bytes are sealed. */
  readonly save?: ((group: string, moment: string) => Promise<void>) | undefined;
  /** The machine that the app's window runs on; a node's page has none. */
  readonly system?: SystemHost | undefined;
  /**
   * Sends the next bytes of a recording while it is made: in order, about twice a second. Where the answer was lost the same
   * bytes may be sent again; `clip.get` says where to go on, `clip.close` ends it, `clip.abort` takes it back.
   */
  record(bytes: Blob, target: ClipTarget): Promise<ClipReceipt>;
  /** How files are taken home: to a place that the person is asked for, as a download, or not at all. */
  readonly takes: 'dialog' | 'download' | null;
  /** Takes an album or a bundle home. Answers with the work that goes on, if the engine does it. */
  takeHome(group: string, taking: Taking): Promise<JobPage>;
  /** Merges a bundle into the group that it is of. */
  openBundle(file: File, onProgress: (part: number) => void, signal: AbortSignal): Promise<BundleReceipt>;
  /** Lets the person choose a folder, and counts what is in it; absent where the page itself is given files. */
  readonly chooseImport?: (() => Promise<ImportSurvey | null>) | undefined;
  /** Takes in the folder that was chosen. */
  readonly startImport?: ((group: string) => Promise<JobPage>) | undefined;
  /** Streams one file into a group. */
  upload(file: File, target: UploadTarget, onProgress: (part: number) => void, signal: AbortSignal): Promise<PostReceipt>;
}

/** What the app's window can ask of its machine. */
export interface SystemHost {
  call<Name extends keyof SystemCalls>(name: Name, args: SystemCalls[Name]['args']): Promise<SystemCalls[Name]['reply']>;
  events(listener: (event: SystemEvent) => void): () => void;
}

/** What can fail: the engine's codes, the two ways of not reaching it, and what a page itself cannot do. */
export type FailureCode = ErrorCode | 'unreachable' | 'signed_out' | 'cancelled' | 'not_kept' | 'too_large_here';

/** An error with the code that the screens have a sentence for. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly args: Readonly<Record<string, string>>;

  constructor(code: FailureCode, message: string, args: Record<string, string> = {}) {
    super(message);
    this.name = 'Failure';
    this.code = code;
    this.args = args;
  }
}

/** Makes a [`Failure`] of whatever was thrown or sent as an error. */
export function toFailure(cause: unknown): Failure {
  if (cause instanceof Failure) return cause;
  if (isApiError(cause)) return new Failure(cause.code, cause.message, cause.args);
  return new Failure('internal', cause instanceof Error ? cause.message : String(cause));
}

function isApiError(value: unknown): value is ApiError {
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string' && 'message' in value;
}
