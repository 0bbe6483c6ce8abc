import { describe, expect, it } from 'vitest';
import { isLevel, levelOf } from '../src/lib/level';

const UPRIGHT = 90;
/** The angles of a device that looks at the horizon and was turned clockwise by so much. */
function turnedBy(clockwise: number): [number, number] {
  const up = (clockwise * Math.PI) / 180;
  // Upwards in its axes is (-sin, cos, 0): gamma is a right angle to one side, beta what is left of it.
  const beta = (Math.asin(Math.cos(up)) * 180) / Math.PI;
  return [beta, Math.sin(up) > 0 ? 90 : -90];
}

describe('a spirit level', () => {
  it('is even when the device stands upright, and when it then leans back or forth', () => {
    for (const beta of [UPRIGHT, 60, 120]) {
      const level = levelOf(beta, 0, 0);
      expect(level?.turned).toBeCloseTo(0);
      expect(level?.tilt).toBeCloseTo(0);
      expect(level && isLevel(level)).toBe(true);
    }
  });

  it.each([10, -10, 30, -44])('says by how much it leans: %s degrees', (clockwise) => {
    const level = levelOf(...turnedBy(clockwise), 0);
    expect(level?.turned).toBeCloseTo(0);
    expect(level?.tilt).toBeCloseTo(clockwise);
    expect(level && isLevel(level)).toBe(false);
  });

  it.each([
    [90, 1],
    [100, 1],
    [-90, -1],
  ])('finds the nearest way to hold it where the screen does not turn: %s degrees', (clockwise, turned) => {
    const level = levelOf(...turnedBy(clockwise), 0);
    expect(level?.turned).toBe(turned);
    expect(level?.tilt).toBeCloseTo(clockwise - turned * 90);
  });

  it('counts from the screen where that turns along: the top of the device to the left is 90 degrees of it', () => {
    for (const [clockwise, screen] of [
      [-90, 90],
      [90, 270],
      [-85, 90],
    ] as const) {
      const level = levelOf(...turnedBy(clockwise), screen);
      expect(level?.turned).toBeCloseTo(0);
      expect(level?.tilt).toBeCloseTo(screen === 90 ? clockwise + 90 : 0);
    }
  });

  it('says nothing of a camera that looks down at a table or up to the sky', () => {
    expect(levelOf(0, 0, 0)).toBeNull();
    expect(levelOf(180, 0, 0)).toBeNull();
    expect(levelOf(5, 5, 0)).toBeNull();
  });
});
