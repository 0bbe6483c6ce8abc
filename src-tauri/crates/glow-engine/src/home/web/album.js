// afterglow-album
'use strict';
(() => {
  const links = [...document.querySelectorAll('main a')];
  const dialog = document.querySelector('dialog');
  const find = (name) => dialog.querySelector(name);
  const [stage, text, who] = [find('.stage'), find('.text'), find('.who')];
  const [back, forth, original] = [find('.back'), find('.forth'), find('.original')];
  let at = -1;

  for (const time of document.querySelectorAll('h2 time')) {
    const day = new Date(`${time.dateTime}T12:00:00`);
    if (!Number.isNaN(day.getTime()))
      time.textContent = day.toLocaleDateString(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
  }

  /** The date and time as the camera showed them: the zone stands in the text and is left out. */
  function shown(stamp) {
    const day = new Date(stamp.slice(0, 19));
    return Number.isNaN(day.getTime()) ? '' : day.toLocaleString(undefined, { dateStyle: 'long', timeStyle: 'short' });
  }

  function element(link) {
    const { clip, poster, large } = link.dataset;
    if (clip) {
      const video = document.createElement('video');
      video.controls = true;
      video.autoplay = true;
      video.playsInline = true;
      if (poster) video.poster = poster;
      video.src = clip;
      return video;
    }
    if (!large && !poster) {
      const note = document.createElement('p');
      note.textContent = 'This one was not on the device that made the album.';
      return note;
    }
    const image = document.createElement('img');
    image.src = large || poster;
    image.alt = link.querySelector('img')?.alt ?? '';
    return image;
  }

  function show(index) {
    const link = links[index];
    if (!link) return;
    at = index;
    stage.replaceChildren(element(link));
    text.textContent = link.querySelector('.caption')?.textContent ?? '';
    who.textContent = [link.dataset.author, shown(link.dataset.at ?? '')].filter(Boolean).join(' · ');
    original.hidden = !link.dataset.original;
    if (link.dataset.original) original.href = link.dataset.original;
    back.disabled = at === 0;
    forth.disabled = at === links.length - 1;
    for (const near of [links[at + 1], links[at - 1]]) if (near?.dataset.large) new Image().src = near.dataset.large;
    if (!dialog.open) dialog.showModal();
  }

  links.forEach((link, index) =>
    link.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      show(index);
    }),
  );
  back.addEventListener('click', () => show(at - 1));
  forth.addEventListener('click', () => show(at + 1));
  find('.close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    stage.replaceChildren();
    links[at]?.focus();
  });
  dialog.addEventListener('keydown', (event) => {
    if (event.target instanceof HTMLVideoElement && event.key.startsWith('Arrow')) return;
    if (event.key === 'ArrowLeft') show(at - 1);
    else if (event.key === 'ArrowRight') show(at + 1);
    else if (event.key === 'Home') show(0);
    else if (event.key === 'End') show(links.length - 1);
    else return;
    event.preventDefault();
  });

  // Arrows go through the wall too.
  document.querySelector('main').addEventListener('keydown', (event) => {
    const index = links.indexOf(document.activeElement);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (index < 0 || !step) return;
    event.preventDefault();
    links[index + step]?.focus();
  });

  let touch = null;
  stage.addEventListener('touchstart', (event) => (touch = event.touches.length === 1 ? event.touches[0].clientX : null), { passive: true });
  stage.addEventListener('touchend', (event) => {
    const moved = touch === null ? 0 : event.changedTouches[0].clientX - touch;
    if (Math.abs(moved) > 48) show(at + (moved < 0 ? 1 : -1));
  });
})();
