import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import { clipUrl, mediaUrl, putClip, putFile, uploadUrl } from './bytes';
import type { Calls, Event, WatchView } from './contract';
import { type Host, toFailure } from './host';

/** Opens the app's own engine. Requests and events go through Tauri, bytes through its loopback server. */
export async function openTauri(): Promise<Host> {
  return new TauriHost(await invoke<string>('media_base'));
}

const isPhone = /Android|iPhone|iPad/.test(navigator.userAgent);

class TauriHost implements Host {
  readonly kind = 'tauri';
  readonly #base: string;

  /** The webview of a phone saves no files by itself. */
  readonly save = isPhone ? saveOriginal : undefined;

  /** A phone's photos are no folder. */
  readonly chooseFolder = isPhone ? undefined : chooseFolder;

  constructor(base: string) {
    this.#base = base;
  }

  async call<Name extends keyof Calls>(name: Name, args: Calls[Name]['args']): Promise<Calls[Name]['reply']> {
    try {
      return await invoke<Calls[Name]['reply']>('call', {
        request: { call: name, args },
      });
    } catch (cause) {
      throw toFailure(cause);
    }
  }

  events(listener: (event: Event) => void): () => void {
    const listening = listen<Event>('event', ({ payload }) => listener(payload));
    return () => void listening.then((stop) => stop());
  }

  mediaUrl(group: string, moment: string, part: Parameters<Host['mediaUrl']>[2]): string {
    return mediaUrl(this.#base, group, moment, part);
  }

  record(...[bytes, target]: Parameters<Host['record']>): ReturnType<Host['record']> {
    return putClip(clipUrl(this.#base, target), bytes);
  }

  upload(...[file, target, onProgress, signal]: Parameters<Host['upload']>): ReturnType<Host['upload']> {
    return putFile(uploadUrl(this.#base, target), file, onProgress, signal);
  }
}

async function saveOriginal(group: string, moment: string): Promise<void> {
  try {
    await invoke('save_original', { group, moment });
  } catch (cause) {
    throw toFailure(cause);
  }
}

async function chooseFolder(group: string): Promise<WatchView | null> {
  try {
    return await invoke<WatchView | null>('watch_folder', { group });
  } catch (cause) {
    throw toFailure(cause);
  }
}
