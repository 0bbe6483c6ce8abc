/** How a device is held, as a spirit level tells it. */

export interface Level {
  /** Which way the device is held, in quarter turns clockwise; not 0 where the screen does not turn with it. */
  readonly turned: number;
  /** How far it leans from there, in degrees clockwise. */
  readonly tilt: number;
}

/** Of a camera that looks up or down nobody can say which way leans. */
const FLATTEST = 0.3;
const EVEN_DEG = 1;

export const isLevel = ({ tilt }: Level): boolean => Math.abs(tilt) <= EVEN_DEG;

/**
 * By the angles of a `deviceorientation` event and of the screen. Upwards in the device's own axes (to its right, its top, its
 * viewer) is the last row of the rotation that the angles stand for; the compass does not matter.
 */
export function levelOf(betaDeg: number, gammaDeg: number, screenDeg: number): Level | null {
  const [beta, gamma, screen] = [betaDeg, gammaDeg, screenDeg].map((degrees) => (degrees * Math.PI) / 180) as [number, number, number];
  const [right, top] = [-Math.cos(beta) * Math.sin(gamma), Math.sin(beta)];
  if (Math.hypot(right, top) < FLATTEST) return null;
  const across = right * Math.cos(screen) - top * Math.sin(screen);
  const up = right * Math.sin(screen) + top * Math.cos(screen);
  const clockwise = (Math.atan2(-across, up) * 180) / Math.PI;
  const turned = Math.round(clockwise / 90);
  return { turned, tilt: clockwise - turned * 90 };
}

/** Tells how the device is held from now on, where it knows. Where the system wants to be asked, this is to be called by a tap. */
export function followLevel(onlevel: (level: Level | null) => void): () => void {
  const heard = ({ beta, gamma }: DeviceOrientationEvent) => {
    if (beta !== null && gamma !== null) onlevel(levelOf(beta, gamma, screen.orientation?.angle ?? 0));
  };
  let ended = false;
  void mayListen().then((may) => {
    if (may && !ended) addEventListener('deviceorientation', heard);
  });
  return () => {
    ended = true;
    removeEventListener('deviceorientation', heard);
  };
}

/** Asks where it has to be asked. Refused, there is no level, as on a device without the sensor. */
async function mayListen(): Promise<boolean> {
  const sensor = globalThis.DeviceOrientationEvent as { requestPermission?: () => Promise<string> } | undefined;
  if (sensor?.requestPermission === undefined) return true;
  return (await sensor.requestPermission().catch(() => 'denied')) === 'granted';
}
