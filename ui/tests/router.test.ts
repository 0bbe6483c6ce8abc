import { describe, expect, it } from 'vitest';
import { href, parseRoute, type Route } from '../src/lib/router';

describe('router', () => {
  const routes: Route[] = [
    { at: 'home' },
    { at: 'start' },
    { at: 'settings', page: 'all' },
    { at: 'settings', page: 'licences' },
    { at: 'gallery' },
    { at: 'box' },
    { at: 'screen', group: 'a1' },
    { at: 'join', link: '' },
    { at: 'join', link: 'afterglow://join/abc?x=1&y=ü#192.168.1.2:47001' },
    { at: 'group', group: 'a1', over: null },
    { at: 'group', group: 'a1', over: { sheet: 'invite' } },
    { at: 'group', group: 'a1', over: { sheet: 'members' } },
    { at: 'group', group: 'a1', over: { sheet: 'storage' } },
    { at: 'group', group: 'a1', over: { sheet: 'camera' } },
    { at: 'group', group: 'a1', over: { sheet: 'clocks' } },
    { at: 'group', group: 'a1', over: { sheet: 'clock' } },
    { at: 'group', group: 'a1', over: { sheet: 'watch' } },
    { at: 'group', group: 'a1', over: { sheet: 'map' } },
    { at: 'group', group: 'a1', over: { sheet: 'map', moment: 'b2' } },
    { at: 'group', group: 'a1', over: { sheet: 'moment', moment: 'b2' } },
  ];

  it.each(routes)('reads back what it spells: $at $over', (route) => {
    expect(parseRoute(href(route))).toEqual(route);
  });

  it.each(['', '#', '#/', '#/nowhere', '#/group', '#/group/', '#/group/../x', '#/screen', '#/screen/<b>', '#/group/<b>', '#token=abc'])(
    'takes %s for home',
    (hash) => {
      expect(parseRoute(hash)).toEqual({ at: 'home' });
    },
  );

  it('leaves out what it does not know', () => {
    expect(parseRoute('#/group/a1/other')).toEqual({ at: 'group', group: 'a1', over: null });
    expect(parseRoute('#/group/a1/moment/NOT-AN-ID')).toEqual({ at: 'group', group: 'a1', over: null });
  });
});
