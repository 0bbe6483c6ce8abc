import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import { clipUrl, mediaUrl, putBundle, putClip, putFile, uploadUrl } from './bytes';
import type { Calls, Event, ImportSurvey, JobPage, SystemCalls, SystemEvent, WatchView } from './contract';
import { type Host, type SystemHost, type Taking, toFailure } from './host';

/** Opens the app's own engine. Requests and events go through Tauri, bytes through its loopback server. */
export async function openTauri(): Promise<Host> {
  return new TauriHost(await invoke<string>('media_base'));
}

const ON_A_PHONE = /Android|iPhone|iPad/.test(navigator.userAgent);

class TauriHost implements Host {
  readonly kind = 'tauri';
  readonly #base: string;

  /** The webview of a phone saves no files by itself, and has no folders to choose from. */
  readonly save = ON_A_PHONE ? saveOriginal : undefined;
  readonly takes = ON_A_PHONE ? null : 'dialog';
  readonly chooseImport = ON_A_PHONE ? undefined : () => ask<ImportSurvey | null>('choose_import');
  readonly startImport = ON_A_PHONE ? undefined : (group: string) => ask<JobPage>('start_import', { group });

  /** A phone's photos are in no folder. */
  readonly chooseFolder = ON_A_PHONE ? undefined : (group: string) => ask<WatchView | null>('watch_folder', { group });

  readonly system: SystemHost = {
    call: async <Name extends keyof SystemCalls>(name: Name, args: SystemCalls[Name]['args']) => {
      try {
        return await invoke<SystemCalls[Name]['reply']>('system', { request: { call: name, args } });
      } catch (cause) {
        throw toFailure(cause);
      }
    },
    events: (listener) => {
      const listening = listen<SystemEvent>('system', ({ payload }) => listener(payload));
      return () => void listening.then((stop) => stop());
    },
  };

  constructor(base: string) {
    this.#base = base;
  }

  async call<Name extends keyof Calls>(name: Name, args: Calls[Name]['args']): Promise<Calls[Name]['reply']> {
    return ask<Calls[Name]['reply']>('call', { request: { call: name, args } });
  }

  events(listener: (event: Event) => void): () => void {
    const listening = listen<Event>('event', ({ payload }) => listener(payload));
    return () => void listening.then((stop) => stop());
  }

  mediaUrl(group: string, moment: string, part: Parameters<Host['mediaUrl']>[2]): string {
    return mediaUrl(this.#base, group, moment, part);
  }

  takeHome(group: string, taking: Taking): ReturnType<Host['takeHome']> {
    return ask<JobPage>('take_home', { group, taking });
  }

  openBundle(...[file, onProgress, signal]: Parameters<Host['openBundle']>): ReturnType<Host['openBundle']> {
    return putBundle(this.#base, file, onProgress, signal);
  }

  record(...[bytes, target]: Parameters<Host['record']>): ReturnType<Host['record']> {
    return putClip(clipUrl(this.#base, target), bytes);
  }

  upload(...[file, target, onProgress, signal]: Parameters<Host['upload']>): ReturnType<Host['upload']> {
    return putFile(uploadUrl(this.#base, target), file, onProgress, signal);
  }
}

function saveOriginal(group: string, moment: string): Promise<void> {
  return ask('save_original', { group, moment });
}

async function ask<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (cause) {
    throw toFailure(cause);
  }
}
