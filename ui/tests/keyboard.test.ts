import { expect, test } from 'vitest';
import { followKeyboard } from '../src/lib/keyboard';

class View extends EventTarget {
  height = 800;
  offsetTop = 0;
  scale = 1;

  becomes(change: Partial<Pick<View, 'height' | 'offsetTop' | 'scale'>>) {
    Object.assign(this, change);
    this.dispatchEvent(new Event('resize'));
  }
}

function page() {
  const view = new View();
  const styles = new Map<string, string>();
  const root = {
    clientHeight: 800,
    style: { setProperty: (name: string, value: string) => styles.set(name, value), removeProperty: (name: string) => styles.delete(name) },
  };
  const stop = followKeyboard(view as unknown as VisualViewport, root as unknown as HTMLElement);
  return { view, styles, stop };
}

test('a keyboard over the page is measured, and gone again', () => {
  const { view, styles } = page();
  expect(styles.get('--keyboard')).toBe('0px');
  view.becomes({ height: 464 });
  expect(styles.get('--keyboard')).toBe('336px');
  view.becomes({ height: 800 });
  expect(styles.get('--keyboard')).toBe('0px');
});

test('what the page was scrolled by for the keyboard is not counted twice', () => {
  const { view, styles } = page();
  view.becomes({ height: 464, offsetTop: 100 });
  expect(styles.get('--keyboard')).toBe('236px');
});

test('zooming in is no keyboard', () => {
  const { view, styles, stop } = page();
  view.becomes({ height: 400, scale: 2 });
  expect(styles.get('--keyboard')).toBe('0px');
  stop();
  expect(styles.has('--keyboard')).toBe(false);
});
