import type { Calls } from '../../contract';

type Named<Noun extends string> = Extract<keyof Calls, `${Noun}.${string}`>;

/** The answers to all requests of some nouns. */
export type Answers<Noun extends string> = {
  [Name in Named<Noun>]: (args: Calls[Name]['args']) => Calls[Name]['reply'] | Promise<Calls[Name]['reply']>;
};
