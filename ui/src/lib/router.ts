/** The places one can be. Sheets lie over a group's timeline, so that closing one leads back to it. */
export type Route =
  | { readonly at: 'home' }
  | { readonly at: 'start' }
  | { readonly at: 'join'; readonly link: string }
  | { readonly at: 'settings' }
  | { readonly at: 'gallery' }
  | {
      readonly at: 'group';
      readonly group: string;
      readonly over: Over | null;
    };

export type Over = { readonly sheet: (typeof SHEETS)[number] } | { readonly sheet: 'moment'; readonly moment: string };

const SHEETS = ['invite', 'members', 'map', 'storage', 'camera', 'clocks', 'clock', 'watch'] as const;
const ID = /^[0-9a-f]{1,128}$/;

/** Reads a location's fragment; anything unknown is home. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [first = '', group = '', sheet = '', moment = ''] = path.split('/');
  if (first === 'start' || first === 'settings' || first === 'gallery') return { at: first };
  if (first === 'join') return { at: 'join', link: new URLSearchParams(query).get('link') ?? '' };
  if (first !== 'group' || !ID.test(group)) return { at: 'home' };
  const plain = SHEETS.find((known) => known === sheet);
  if (plain !== undefined) return { at: 'group', group, over: { sheet: plain } };
  if (sheet === 'moment' && ID.test(moment)) return { at: 'group', group, over: { sheet, moment } };
  return { at: 'group', group, over: null };
}

/** Spells a route as a fragment; `parseRoute` reads it back. */
export function href(route: Route): string {
  switch (route.at) {
    case 'home':
      return '#/';
    case 'join':
      return route.link === '' ? '#/join' : `#/join?${new URLSearchParams({ link: route.link })}`;
    case 'group':
      return `#/group/${route.group}${overPath(route.over)}`;
    default:
      return `#/${route.at}`;
  }
}

function overPath(over: Over | null): string {
  if (over === null) return '';
  return over.sheet === 'moment' ? `/moment/${over.moment}` : `/${over.sheet}`;
}
