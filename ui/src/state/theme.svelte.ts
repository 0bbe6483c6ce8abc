const CHOSEN = 'afterglow-theme';

export type ThemeChoice = 'system' | 'dark' | 'light';

class Theme {
  choice = $state<ThemeChoice>(read());

  constructor() {
    this.#show();
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    localStorage.setItem(CHOSEN, choice);
    this.#show();
  }

  #show(): void {
    const root = globalThis.document?.documentElement;
    if (root === undefined) return;
    if (this.choice === 'system') delete root.dataset.theme;
    else root.dataset.theme = this.choice;
  }
}

function read(): ThemeChoice {
  const kept = globalThis.localStorage?.getItem(CHOSEN);
  return kept === 'dark' || kept === 'light' ? kept : 'system';
}

export const theme = new Theme();
