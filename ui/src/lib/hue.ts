/** How many colours a person can choose from. */
export const COLOURS = 12;

/** The angle of one of the twelve colours on the colour wheel. */
export const hue = (colour: number): number => (((colour % COLOURS) + COLOURS) % COLOURS) * 30 + 20;
