// Photographs every screen against the seeded world: `npm run build && npm run screenshots [-- name]`, into ui/screenshots.
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { preview } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
const CSP =
  "default-src 'self'; img-src 'self' data: blob: http://127.0.0.1:*; media-src 'self' http://127.0.0.1:*; connect-src 'self' ipc: http://ipc.localhost http://127.0.0.1:* ws://127.0.0.1:*; style-src 'self' 'unsafe-inline'";
const only = process.argv[2];
const NOW = Date.UTC(2026, 10, 21, 17, 40);
const GROUP = `a1${'0'.repeat(62)}`.replace(/^a1(0+)$/, (_, zeros) => `a${zeros}1`);
const EMPTY = GROUP.replace(/1$/, '3');
const world = (extra = '') => `?world=1000&now=${NOW}${extra}`;

const openTile = (n) => async (page) => {
  await page.locator('[data-moment] img.shown').first().waitFor();
  await page.locator('[data-moment]').nth(n).click();
  await page.locator('dialog img.shown').first().waitFor();
};

const SHOTS = {
  screen: { url: `${world()}#/screen/${GROUP}`, act: (page) => page.locator('figure.front img').first().waitFor() },
  'screen-empty': { url: `${world()}#/screen/${EMPTY}`, act: (page) => page.locator('h1').waitFor() },
  box: { url: `${world('&box')}#/box`, act: (page) => page.locator('code').first().waitFor() },
  welcome: { url: `${world('&new')}#/` },
  'signed-out': { url: '#/' },
  home: { url: `${world()}#/` },
  'home-empty': { url: `${world('&empty')}#/` },
  start: { url: `${world()}#/start` },
  join: {
    url: `${world()}#/join?link=${encodeURIComponent('afterglow://join/nobody')}`,
    act: (page) => page.getByText('Garden party').waitFor(),
  },
  'join-nobody': {
    url: `${world()}#/join?link=${encodeURIComponent('afterglow://join/nobody')}`,
    act: async (page) => {
      await page.locator('button[type=submit]:enabled').click();
      await page.getByRole('alert').waitFor();
    },
  },
  'join-stages': {
    url: `${world()}#/join?link=${encodeURIComponent('afterglow://join/x')}`,
    act: async (page) => {
      await page.locator('button[type=submit]:enabled').click();
      await page.waitForTimeout(900);
    },
  },
  timeline: {
    url: `${world()}#/group/${GROUP}`,
    act: (page) => page.locator('[data-moment] img.shown').nth(5).waitFor(),
  },
  'timeline-down': {
    url: `${world()}#/group/${GROUP}`,
    act: async (page) => {
      await page.locator('[data-moment] img.shown').nth(5).waitFor();
      await page.mouse.move(200, 400);
      await page.mouse.wheel(0, 2600);
      await page.waitForTimeout(700);
      await page.evaluate(() => window.world.arrive(3));
      await page.getByRole('button', { name: /3 (new|neu)/ }).waitFor();
    },
  },
  'timeline-empty': { url: `${world()}#/group/${EMPTY}` },
  'timeline-failed': {
    url: `${world()}#/group/${GROUP}`,
    act: async (page) => {
      await page.locator('[data-moment] img.shown').nth(5).waitFor();
      await page.locator('input[type=file]').setInputFiles([
        { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('x') },
        {
          name: 'IMG_1.jpg',
          mimeType: 'image/jpeg',
          buffer: Buffer.alloc(90_000),
        },
        {
          name: 'IMG_2.jpg',
          mimeType: 'image/jpeg',
          buffer: Buffer.alloc(90_000),
        },
      ]);
      await page.getByText('notes.txt').waitFor();
    },
  },
  viewer: { url: `${world()}#/group/${GROUP}`, act: openTile(1) },
  'viewer-info': {
    url: `${world()}#/group/${GROUP}`,
    act: async (page) => {
      await openTile(1)(page);
      await page.keyboard.press('i');
    },
  },
  invite: {
    url: `${world()}#/group/${GROUP}/invite`,
    act: (page) => page.locator('figure img').waitFor(),
  },
  members: { url: `${world()}#/group/${GROUP}/members` },
  storage: { url: `${world()}#/group/${GROUP}/storage` },
  'storage-paused': {
    url: `${world()}#/group/${EMPTY}/storage`,
    act: (page) => page.locator('dialog section button').first().click(),
  },
  'take-home': {
    url: `${world()}#/group/${GROUP}/album`,
    act: (page) => page.locator('dialog h3').nth(3).waitFor(),
  },
  'take-home-done': {
    url: `${world()}#/group/${GROUP}/album`,
    act: async (page) => {
      await page.locator('dialog section button').first().click();
      await page.locator('dialog .job.done').waitFor();
    },
  },
  settings: { url: `${world('&desktop')}#/settings` },
  'settings-down': {
    url: `${world('&desktop')}#/settings`,
    act: (page) => page.locator('dialog .body').evaluate((body) => body.scrollTo(0, body.scrollHeight)),
  },
  'settings-phone': {
    url: `${world('&phone')}#/settings`,
    act: (page) => page.locator('dialog .body').evaluate((body) => body.scrollTo(0, 620)),
  },
  diagnostics: { url: `${world('&desktop')}#/settings/diagnostics`, act: (page) => page.locator('summary').first().click() },
  licences: { url: `${world('&desktop')}#/settings/licences`, act: (page) => page.locator('summary').first().click() },
  card: {
    url: `${world('&desktop')}#/group/${GROUP}/invite`,
    act: async (page) => {
      await page.getByRole('button', { name: /table card|Tischkarte/ }).click();
      await page.getByLabel(/Wi-Fi to be in|WLAN, in dem/).fill('Barn');
      await page.locator('form button[type=submit]').scrollIntoViewIfNeeded();
    },
  },
  offer: {
    url: `${world('&desktop')}#/group/${GROUP}`,
    act: async (page) => {
      await page.locator('[data-moment] img.shown').nth(5).waitFor();
      await page.evaluate(() =>
        window.world.system.hand(['IMG_2041.jpg', 'IMG_2042.jpg', 'a very long name of a photo from a camera.jpg', 'clip.mp4', 'x.jpg']),
      );
      await page.locator('dialog').waitFor();
    },
  },
  roll: {
    url: `${world('&phone')}#/group/${GROUP}`,
    act: async (page) => {
      await page.locator('[data-moment] img.shown').nth(5).waitFor();
      await page.evaluate(
        ([group]) =>
          window.world.system.become({
            roll: { group, paused: false, shared: 3, waiting: [{ name: 'a.jpg', at_ms: Date.now() + 8_000 }] },
          }),
        [GROUP],
      );
      await page.getByText(/goes out in|geht in/).waitFor();
    },
  },
  denied: {
    url: `${world('&phone')}#/settings`,
    act: async (page) => {
      await page.evaluate(() =>
        window.world.system.become({
          permissions: { local_network: 'denied', photos: 'denied', camera: 'granted', notifications: 'denied' },
        }),
      );
      await page.locator('dialog .body').evaluate((body) => body.scrollTo(0, 620));
    },
  },
  shortcuts: { url: `${world()}#/`, act: (page) => page.keyboard.press('?') },
  gallery: { url: '#/gallery', tall: true },
};

const SIZES = {
  phone: { width: 390, height: 844 },
  desktop: { width: 1280, height: 800 },
};
const RUNS = [
  { theme: 'dark', locale: 'en-GB' },
  { theme: 'light', locale: 'de-DE' },
];

await mkdir(`${root}/screenshots`, { recursive: true });
const server = await preview({
  root,
  preview: {
    host: '127.0.0.1',
    port: 0,
    headers: { 'content-security-policy': CSP },
  },
});
const base = server.resolvedUrls.local[0];
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
let bad = 0;
for (const [size, viewport] of Object.entries(SIZES)) {
  for (const { theme, locale } of RUNS) {
    const context = await browser.newContext({
      viewport,
      locale,
      colorScheme: theme,
      timezoneId: 'Europe/Berlin',
      hasTouch: size === 'phone',
    });
    for (const [name, { url, act, tall }] of Object.entries(SHOTS)) {
      if (only && !name.startsWith(only)) continue;
      const page = await context.newPage();
      page.on('pageerror', (error) => {
        bad += 1;
        console.log(`${name}: ${error.stack}`);
      });
      page.on(
        'console',
        (message) => message.type() === 'error' && !/401|404/.test(message.text()) && console.log(`${name}: ${message.text()}`),
      );
      try {
        if (tall) await page.setViewportSize({ ...viewport, height: 5200 });
        await page.goto(base + url);
        await page.waitForTimeout(500);
        await act?.(page);
        await page.waitForTimeout(450);
        await page.screenshot({
          path: `${root}/screenshots/${name}-${size}-${theme}-${locale.slice(0, 2)}.png`,
        });
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
        for (const { id, impact, nodes } of violations.filter((one) => one.impact === 'serious' || one.impact === 'critical')) {
          bad += 1;
          console.log(
            `${name} ${size} ${theme}: axe ${impact} ${id}: ${nodes
              .slice(0, 3)
              .map(({ html, any }) => `${html.slice(0, 120)} ${any[0]?.message ?? ''}`)
              .join(' | ')}`,
          );
        }
      } catch (error) {
        bad += 1;
        console.log(`${name} ${size} ${theme}: ${error.message.split('\n').slice(0, 4).join(' ')}`);
      }
      await page.close();
    }
    await context.close();
  }
}
await browser.close();
await server.close();
process.exit(bad > 0 ? 1 : 0);
