import { sceneSvg, svgUrl } from './scene';
import { type Seed, sceneOf, sizeOf } from './world';

const LONG_SIDE = 320;

/** Which picture it is: the same for all moments of one scene and size. */
const pictureOf = (seed: Seed) => `${sceneOf(seed.seed)} ${sizeOf(seed).join('x')}`;

/** Pictures of the grid that were drawn as photographs are: JPEGs of their size. */
export class Pictures {
  readonly #drawn = new Map<string, string>();

  of = (seed: Seed): string | undefined => this.#drawn.get(pictureOf(seed));

  async draw(seeds: readonly Seed[]): Promise<void> {
    const canvas = new OffscreenCanvas(1, 1);
    for (const [name, seed] of new Map(seeds.map((seed) => [pictureOf(seed), seed]))) {
      const [width, height] = sizeOf(seed);
      const scale = LONG_SIDE / Math.max(width, height);
      const image = new Image();
      image.src = svgUrl(sceneSvg(sceneOf(seed.seed), width, height));
      await image.decode();
      Object.assign(canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
      canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
      this.#drawn.set(name, URL.createObjectURL(await canvas.convertToBlob({ type: 'image/jpeg' })));
    }
  }
}
