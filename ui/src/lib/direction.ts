const MIRRORED: Readonly<Record<string, string>> = { ArrowLeft: 'ArrowRight', ArrowRight: 'ArrowLeft' };

/** Whether lines run from right to left there: what comes next is at the left then. */
export const isRtl = (element: Element | null): boolean => element?.matches(':dir(rtl)') ?? false;

/** The key that leads as far along the line where lines run from left to right. */
export const alongLine = (key: string, rtl: boolean): string => (rtl ? (MIRRORED[key] ?? key) : key);
