import { describe, expect, it } from 'vitest';
import { typeOf } from '../src/features/viewer/live';

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe('the type of a recording under way', () => {
  it('names the codecs of fragmented MP4', () => {
    const init = bytes('....ftypiso5....moov..avc1..avcC\x01\x64\x00\x1f..mp4a..');
    expect(typeOf('video/mp4', init), 'a track may follow').toBeNull();
    const whole = bytes('....ftypiso5....moov..avc1..avcC\x01\x64\x00\x1f..mp4a......moof');
    expect(typeOf('video/mp4', whole)).toBe('video/mp4; codecs="avc1.64001f,mp4a.40.2"');
  });

  it('names the codecs of WebM once its tracks are there', () => {
    expect(typeOf('video/webm', bytes('V_VP9'))).toBeNull();
    expect(typeOf('video/webm', bytes('V_VP9 A_OPUS \x1f\x43\xb6\x75'))).toBe('video/webm; codecs="vp9,opus"');
  });

  it('says nothing of what it does not know', () => {
    expect(typeOf('video/mp4', bytes('....moov..xyzC......moof'))).toBeNull();
  });
});
