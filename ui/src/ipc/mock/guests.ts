import type { DoorView, GuestPage, GuestRights, GuestVerdict, GuestView, MomentView, WaitingPost } from '../contract';
import { qrLike } from './scene';
import { hex } from './world';

/** The doors and guests of one album, in memory. */
export class MockGuests {
  #door: DoorView | undefined;
  #guests: GuestView[];
  #waiting: WaitingPost[];

  constructor(photo: MomentView) {
    this.#guests = ['Zoë', 'Onkel Heinz', 'Mira'].map((name, i) => ({
      guest: hex('e', i),
      name,
      colour: 4 + i * 3,
      moment_count: [12, 3, 0][i] ?? 0,
      waiting_count: i === 2 ? 1 : 0,
      blocked: false,
      here: false,
    }));
    const moment: MomentView = {
      ...photo,
      author: hex('e', 2),
      author_name: 'Mira',
      author_colour: 10,
      author_is_guest: true,
      mine: false,
    };
    this.#waiting = [{ guest: hex('e', 2), post: hex('f', 1).slice(0, 32), held_back: false, may_judge: true, moment }];
  }

  page(): GuestPage {
    const here = this.#door !== undefined;
    return {
      ...(this.#door ? { door: this.#door } : {}),
      others: [door('Bruno', 1, { contribute: true, review: false })],
      guests: here ? this.#guests.map((guest, i) => ({ ...guest, here: i < 2 && !guest.blocked })) : [],
      waiting: here ? this.#waiting : [],
    };
  }

  open(rights: GuestRights, until: number | undefined): GuestPage {
    this.#door = { ...door('Anna', 0, rights), guests_here: 2, ...(until === undefined ? {} : { expires_at_ms: until }) };
    return this.page();
  }

  close(): GuestPage {
    this.#door = undefined;
    return this.page();
  }

  judge(guest: string, post: string | undefined, verdict: GuestVerdict): GuestPage {
    const blocked = verdict === 'block';
    if (post === undefined) this.#guests = this.#guests.map((one) => (one.guest === guest ? { ...one, blocked } : one));
    else if (verdict === 'approve') this.#waiting = this.#waiting.filter((one) => one.post !== post);
    else this.#waiting = this.#waiting.map((one) => (one.post === post ? { ...one, held_back: true } : one));
    return this.page();
  }
}

export function door(name: string, number: number, rights: GuestRights): DoorView {
  const url = `http://192.168.1.${24 + number}:47080/g#${hex('c', number).slice(0, 32)}`;
  return { device: hex('d', number), name, url, urls: [url], qr_svg: qrLike(number + 11), rights, guests_here: 0 };
}
