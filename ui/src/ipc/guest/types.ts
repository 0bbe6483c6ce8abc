import type { MediaPart, MomentView } from '../contract';

interface GuestRights {
  contribute: boolean;
  review: boolean;
}
export interface OtherDoor {
  device: string;
  name: string;
  addresses: string[];
  secret: string;
}
export interface GuestWelcome {
  group: string;
  title: string;
  guest: string;
  host_name: string;
  rights: GuestRights;
  expires_at_ms?: number;
  files_left: number;
  bytes_left: number;
  file_bytes: number;
  doors: OtherDoor[];
  now_ms: number;
}
export interface SealedBlob {
  id: string;
  key: string;
  size: number;
}
export interface GuestMediaPart {
  moment: string;
  media_type: string;
  size_bytes: number;
  file_name: string;
  blobs: SealedBlob[];
  next?: number;
}
interface GuestSaidView {
  id: string;
  moment?: MomentView;
}
export interface ChunkRun {
  from: number;
  count: number;
}
export interface GuestUploadView {
  id: string;
  state: 'open' | 'needs_choice' | 'done';
  size_bytes: number;
  chunk_bytes: number;
  missing: ChunkRun[];
  has_grid: boolean;
  has_screen: boolean;
  moment?: string;
  waits_for_review: boolean;
}
export interface GuestCalls {
  'guest.enter': { args: { key: string; name: string; proof: string }; reply: GuestWelcome };
  'guest.media': { args: { group: string; moments: string[]; part: MediaPart; from?: number }; reply: { parts: GuestMediaPart[] } };
  'guest.say': { args: { group: string; id: string; said: string; signature: string }; reply: GuestSaidView };
  'guest.upload': { args: { group: string; id: string; said: string; signature: string }; reply: GuestUploadView };
  'guest.show': { args: { group: string; id: string }; reply: GuestUploadView };
  'guest.finish': { args: { group: string; id: string; said?: string; signature?: string }; reply: GuestUploadView };
  'guest.abort': { args: { group: string; id: string }; reply: GuestUploadView };
}
