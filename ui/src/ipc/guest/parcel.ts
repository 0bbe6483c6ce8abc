/** What others see of a capture before its original is there. */
export interface Previews {
  /** Pixels of the original, upright. */
  readonly width: number;
  readonly height: number;
  readonly durationMs?: number;
  readonly placeholder: Uint8Array<ArrayBuffer>;
  /** JPEG, at most 320 pixels at the longer side. */
  readonly grid: ArrayBuffer;
  /** JPEG, at most 1,600 pixels at the longer side. */
  readonly screen: ArrayBuffer;
}

/** What a guest says of a file, for ever: the same bytes at whatever door. */
export interface Signed {
  /** Hex. */
  readonly said: string;
  /** Hex. */
  readonly signature: string;
  /** BLAKE3 of the file. */
  readonly hash: Uint8Array;
}

/** One capture as it is handed to a door. */
export interface Parcel {
  /** 128 random bits, hex: the same whatever door it goes through. */
  readonly id: string;
  readonly name: string;
  readonly kind: 'photo' | 'clip';
  readonly mediaType: string;
  readonly size: number;
  /** The file's own modification time. */
  readonly modifiedAtMs: number;
  readonly previews: Previews | null;
  readonly signed: Signed | null;
  /** The file's bytes from one place to another. */
  read(from: number, until: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Where a capture is: seen by all, waiting to be looked at, or waiting for its owner's word on a format that may tell places. */
export type Where = 'shared' | 'review' | 'asks';

/** What brings captures through a door. */
export interface Carrier {
  /** Hashes and signs a capture. */
  sign(parcel: Parcel, nowMs: number): Promise<Signed>;
  /** Brings the previews, so that others see it before its original has come. */
  show(parcel: Parcel, signal: AbortSignal): Promise<void>;
  /** Brings a whole capture, going on where an earlier try ended; resolves with where it is then. */
  carry(parcel: Parcel, onProgress: (sent: number) => void, signal: AbortSignal): Promise<Where>;
  /** Says whether an original may be shared as it is; otherwise its previews are all that goes out. */
  choose(parcel: Parcel, nowMs: number, asItIs: boolean): Promise<Signed>;
  /** Tells the door that a capture will not come. */
  drop(id: string): Promise<void>;
}
