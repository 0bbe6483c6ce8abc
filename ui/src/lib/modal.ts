import type { Attachment } from 'svelte/attachments';
import { closeOnBack } from './back';

/**
 * Opens a `<dialog>` over everything, closes it by Escape and by a tap beside it, and gives the focus back. One that no address
 * names (`unnamed`) is closed by the way back, too; the others are, because it changes the address.
 */
export function modal(onclose: () => void, unnamed = false): Attachment<HTMLDialogElement> {
  return (dialog) => {
    const forget = unnamed ? closeOnBack(onclose) : () => {};
    const before = document.activeElement;
    const cancel = (event: globalThis.Event) => {
      event.preventDefault();
      onclose();
    };
    const beside = (event: MouseEvent) => {
      if (event.target === dialog && !inside(dialog, event)) onclose();
    };
    dialog.addEventListener('cancel', cancel);
    dialog.addEventListener('mousedown', beside);
    dialog.tabIndex = -1;
    dialog.showModal();
    const { activeElement } = document;
    if (activeElement === null || !/^(input|textarea)$/i.test(activeElement.tagName)) dialog.focus({ preventScroll: true });
    return () => {
      forget();
      dialog.removeEventListener('cancel', cancel);
      dialog.removeEventListener('mousedown', beside);
      dialog.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  };
}

function inside(dialog: HTMLElement, { clientX, clientY }: MouseEvent): boolean {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
}

/** Whether a key belongs to what the focus is on, so that it is no shortcut. */
export function typing(event: KeyboardEvent): boolean {
  const { target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  return target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));
}
