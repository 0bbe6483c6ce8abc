/** The places one can be. Sheets lie over a group's timeline, so that closing one leads back to it. */
export type Route =
  | { readonly at: 'home' }
  | { readonly at: 'start' }
  | { readonly at: 'join'; readonly link: string }
  | { readonly at: 'settings'; readonly page: SettingsPage }
  | { readonly at: 'gallery' }
  | { readonly at: 'box' }
  | { readonly at: 'screen'; readonly group: string }
  | {
      readonly at: 'group';
      readonly group: string;
      readonly over: Over | null;
    };

/** What lies over the settings, so that going back leads to them. */
type SettingsPage = 'all' | 'licences' | 'diagnostics';

export type Over =
  | { readonly sheet: (typeof SHEETS)[number] }
  | { readonly sheet: 'moment'; readonly moment: string }
  /** Where on the map one moment is. */
  | { readonly sheet: 'map'; readonly moment: string };

const SHEETS = ['invite', 'members', 'people', 'map', 'storage', 'album', 'camera', 'clocks', 'clock', 'watch'] as const;
const ID = /^[0-9a-f]{1,128}$/;

/** Reads a location's fragment; anything unknown is home. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [first = '', group = '', sheet = '', moment = ''] = path.split('/');
  if (first === 'start' || first === 'gallery' || first === 'box') return { at: first };
  if (first === 'settings') return { at: first, page: group === 'licences' || group === 'diagnostics' ? group : 'all' };
  if (first === 'join') return { at: 'join', link: new URLSearchParams(query).get('link') ?? '' };
  if (first === 'screen' && ID.test(group)) return { at: 'screen', group };
  if (first !== 'group' || !ID.test(group)) return { at: 'home' };
  if ((sheet === 'moment' || sheet === 'map') && ID.test(moment)) return { at: 'group', group, over: { sheet, moment } };
  const plain = SHEETS.find((known) => known === sheet);
  if (plain !== undefined) return { at: 'group', group, over: { sheet: plain } };
  return { at: 'group', group, over: null };
}

/** Spells a route as a fragment; `parseRoute` reads it back. */
export function href(route: Route): string {
  switch (route.at) {
    case 'home':
      return '#/';
    case 'join':
      return route.link === '' ? '#/join' : `#/join?${new URLSearchParams({ link: route.link })}`;
    case 'screen':
      return `#/screen/${route.group}`;
    case 'settings':
      return route.page === 'all' ? '#/settings' : `#/settings/${route.page}`;
    case 'group':
      return `#/group/${route.group}${overPath(route.over)}`;
    default:
      return `#/${route.at}`;
  }
}

function overPath(over: Over | null): string {
  if (over === null) return '';
  return 'moment' in over ? `/${over.sheet}/${over.moment}` : `/${over.sheet}`;
}
