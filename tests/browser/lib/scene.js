// Paints photographs, so that a timeline under test looks like an evening and not like a test chart. Runs in a page;
// the same seed paints the same picture.

globalThis.paintScene = async ({ kind, seed, width, height, turned = false, quality = 0.88 }) => {
  const canvas = new OffscreenCanvas(turned ? height : width, turned ? width : height);
  const pen = canvas.getContext("2d");
  if (turned) {
    // The pixels lie on their side, as a phone held upright stores them (EXIF orientation 6).
    pen.translate(0, width);
    pen.rotate(-Math.PI / 2);
  }
  const draw = drawing(pen, seed, width, height);
  SCENES[kind](draw);
  draw.grain();
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality });
  return toBase64(new Uint8Array(await blob.arrayBuffer()));
};

const SCENES = {
  sea(d) {
    const horizon = d.between(0.55, 0.64);
    const sun = { x: d.between(0.3, 0.7), y: horizon - d.between(0.03, 0.09) };
    d.sky(["#1b2450", "#5b3a78", "#c2566b", "#f58a4e", "#ffd28a"], horizon);
    d.glow(sun.x, sun.y, 0.7, "#ffcf8a", 0.8);
    d.clouds(horizon * 0.75, "#ff9d6c", 16);
    d.disc(sun.x, sun.y, 0.045, "#fff1cf");
    d.ridge(horizon + 0.004, 0.035, "#4a2e5c", 5);
    d.water(horizon, ["#d9785a", "#6b3f68", "#16203f"], sun.x, "#ffd9a0");
    d.boat(d.between(0.15, 0.85), horizon + 0.03, 0.11);
  },
  mountains(d) {
    d.sky(["#2b4a7c", "#7b7fae", "#e8a58c", "#ffdcae"], 0.7);
    d.glow(d.between(0.2, 0.8), 0.52, 0.6, "#ffe2b0", 0.75);
    d.clouds(0.35, "#ffd7c2", 12);
    const near = ["#b58b9e", "#86718f", "#5f5a7d", "#3d4463", "#232c45", "#121a2b"];
    near.forEach((colour, i) => d.ridge(0.5 + i * 0.085, 0.16 - i * 0.014, colour, 4 + i));
    d.pines(0.9, "#0a1019", 90, 0.1);
  },
  city(d) {
    d.sky(["#0d1330", "#2b2a5c", "#8a4370", "#f07f55"], 0.72);
    d.glow(d.between(0.2, 0.8), 0.72, 0.6, "#ff9b5c", 0.6);
    d.stars(0.25, 60);
    d.skyline(0.72, 0.34, "#3a2f57", 26, 0.12);
    d.skyline(0.74, 0.42, "#1c1b38", 18, 0.4);
    d.mirror(0.74, "#141a36");
  },
  concert(d) {
    const hue = d.between(0, 360);
    d.sky(["#05030c", "#12081f", "#2a0f35"], 1);
    for (let i = 0; i < 9; i++) d.beam(0.05 + i * 0.11, -0.05, d.between(0.1, 0.9), 0.95, `hsl(${(hue + i * 24) % 360} 95% 62%)`);
    d.bokeh(0, 0.5, 26, hue);
    d.glow(0.5, 0.66, 0.5, `hsl(${hue} 90% 70%)`, 0.55);
    d.crowd(0.8, "#04030a");
  },
  forest(d) {
    d.sky(["#dfe6d8", "#b9cbb9", "#8fa994"], 1);
    d.glow(d.between(0.25, 0.75), 0.22, 0.8, "#fff7d6", 0.85);
    [["#a3b7a2", 0.62], ["#71907a", 0.72], ["#426452", 0.83], ["#1e3a30", 0.97]].forEach(([colour, base], i) => {
      d.pines(base, colour, 70 - i * 14, 0.26 + i * 0.12);
      d.ridge(base - 0.02, 0.05, colour, 5);
      d.mist(base - 0.06);
    });
  },
  stars(d) {
    d.sky(["#050818", "#0d1738", "#25305c", "#6d5675"], 0.85);
    d.milkyWay();
    d.stars(0.8, 900);
    d.ridge(0.74, 0.17, "#141a34", 5);
    d.ridge(0.86, 0.1, "#090d1d", 7);
    d.tent(d.between(0.25, 0.7), 0.9, 0.2);
  },
  garden(d) {
    d.sky(["#101d33", "#23394b", "#5d5a52"], 1);
    d.glow(0.5, 0.95, 0.9, "#ffb45e", 0.5);
    d.pines(0.7, "#0d1a1c", 40, 0.4);
    d.bokeh(0.35, 1, 60, 34);
    d.lights(0.16);
    d.lights(0.3);
    d.crowd(0.86, "#0b0c10");
  },
  dunes(d) {
    d.sky(["#4a7fb5", "#9dbcd4", "#f3d8b6"], 0.55);
    d.disc(d.between(0.2, 0.8), 0.2, 0.035, "#fff6df");
    ["#e9b778", "#d99556", "#bd7440", "#93522f", "#5f3122"].forEach((colour, i) => d.dune(0.48 + i * 0.11, colour));
  },
  lake(d) {
    d.sky(["#3c6ea8", "#8fb4d6", "#f2ddd0"], 0.55);
    d.clouds(0.3, "#ffffff", 14);
    d.ridge(0.42, 0.2, "#8d9cb4", 4);
    d.ridge(0.5, 0.13, "#5c7080", 6);
    d.pines(0.56, "#24423d", 120, 0.1);
    d.mirror(0.56, "#35566b");
  },
  balloons(d) {
    d.sky(["#3d74b8", "#9cc0e0", "#ffd9b3", "#ffb98a"], 0.8);
    d.glow(0.75, 0.75, 0.7, "#fff0c8", 0.8);
    d.clouds(0.6, "#fff4e6", 12);
    d.ridge(0.82, 0.1, "#7a6f86", 5);
    d.ridge(0.92, 0.06, "#3f4457", 7);
    for (let i = 0; i < 6; i++) d.balloon(d.between(0.1, 0.9), d.between(0.1, 0.62), d.between(0.05, 0.12));
  },
};

function drawing(pen, seed, width, height) {
  let state = (seed * 2654435761) >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (from, until) => from + random() * (until - from);
  const X = (x) => x * width;
  const Y = (y) => y * height;
  const unit = Math.min(width, height);
  const radial = (x, y, radius, colour, alpha) => {
    const fill = pen.createRadialGradient(x, y, 0, x, y, radius);
    fill.addColorStop(0, colour);
    fill.addColorStop(1, clear(colour));
    pen.globalAlpha = alpha;
    pen.fillStyle = fill;
    pen.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
    pen.globalAlpha = 1;
  };
  const vertical = (colours, from, until) => {
    const fill = pen.createLinearGradient(0, from, 0, until);
    colours.forEach((colour, i) => fill.addColorStop(i / Math.max(1, colours.length - 1), colour));
    return fill;
  };
  const wave = (waves) => {
    const parts = Array.from({ length: waves }, (_, i) => ({ f: between(0.7, 1.4) * 2 ** i, p: between(0, 6.3), a: 0.56 ** i }));
    const most = parts.reduce((sum, { a }) => sum + a, 0);
    return (x) => parts.reduce((sum, { f, p, a }) => sum + a * Math.sin(x * f * 5 + p), 0) / most;
  };
  const line = (of) => {
    pen.beginPath();
    pen.moveTo(-2, height + 2);
    for (let x = -2; x <= width + 2; x += 3) pen.lineTo(x, of(x / width));
    pen.lineTo(width + 2, height + 2);
    pen.closePath();
  };

  return {
    between,
    sky(colours, until) {
      pen.fillStyle = vertical(colours, 0, Y(until));
      pen.fillRect(0, 0, width, height);
    },
    glow: (x, y, radius, colour, alpha) => radial(X(x), Y(y), radius * Math.max(width, height), colour, alpha),
    disc(x, y, radius, colour) {
      radial(X(x), Y(y), radius * unit * 2.6, colour, 0.7);
      pen.fillStyle = colour;
      pen.beginPath();
      pen.arc(X(x), Y(y), radius * unit, 0, 7);
      pen.fill();
    },
    clouds(until, colour, count) {
      for (let i = 0; i < count; i++) {
        const y = Y(between(0.04, until));
        const x = X(between(-0.1, 1.1));
        const long = X(between(0.08, 0.3));
        for (let puff = 0; puff < 14; puff++) {
          pen.save();
          pen.translate(x + between(-1, 1) * long, y + between(-0.012, 0.012) * height);
          pen.scale(between(3, 7), 1);
          radial(0, 0, unit * between(0.008, 0.026), colour, 0.16);
          pen.restore();
        }
      }
    },
    ridge(base, tall, colour, waves) {
      const at = wave(waves + 2);
      pen.fillStyle = colour;
      line((x) => Y(base) - Y(tall) * (0.5 + 0.5 * at(x)));
      pen.fill();
    },
    dune(base, colour) {
      const at = wave(2);
      const shape = (x) => Y(base) - Y(0.1) * at(x);
      pen.fillStyle = colour;
      line(shape);
      pen.fill();
      pen.save();
      pen.clip();
      pen.fillStyle = vertical(["rgb(255 235 190 / .35)", "rgb(255 235 190 / 0)"], Y(base - 0.1), Y(base + 0.12));
      pen.fillRect(0, 0, width, height);
      pen.strokeStyle = "rgb(60 20 10 / .06)";
      pen.lineWidth = unit * 0.002;
      for (let i = 1; i < 26; i++) {
        pen.beginPath();
        for (let x = 0; x <= width; x += 12) pen.lineTo(x, shape(x / width) + i * unit * 0.012 + Math.sin(x / unit * 40 + i) * unit * 0.0016);
        pen.stroke();
      }
      pen.restore();
    },
    pines(base, colour, count, tall) {
      pen.fillStyle = colour;
      for (let i = 0; i < count; i++) {
        const x = X(between(-0.02, 1.02));
        const high = Y(tall) * between(0.45, 1);
        const wide = high * between(0.14, 0.2);
        const foot = Y(base) + between(0, 0.02) * height;
        pen.beginPath();
        pen.moveTo(x, foot - high);
        for (let step = 1; step <= 6; step++) {
          const y = foot - high + (high * step) / 6;
          pen.lineTo(x + (wide * step) / 6, y);
          pen.lineTo(x + (wide * step) / 11, y - high * 0.02);
        }
        for (let step = 6; step >= 1; step--) {
          const y = foot - high + (high * step) / 6;
          pen.lineTo(x - (wide * step) / 11, y - high * 0.02);
          pen.lineTo(x - (wide * step) / 6, y);
        }
        pen.fill();
      }
      pen.fillRect(0, Y(base), width, height);
    },
    mist(base) {
      pen.fillStyle = vertical(["rgb(230 238 226 / 0)", "rgb(230 238 226 / .6)", "rgb(230 238 226 / 0)"], Y(base - 0.1), Y(base + 0.12));
      pen.fillRect(0, Y(base - 0.1), width, Y(0.22));
    },
    water(horizon, colours, sunX, shine) {
      pen.fillStyle = vertical(colours, Y(horizon), height);
      pen.fillRect(0, Y(horizon), width, height);
      for (let i = 0; i < 1500; i++) {
        const depth = random() ** 1.7;
        const y = Y(horizon) + depth * (height - Y(horizon));
        const spread = 0.03 + depth * 0.16;
        const near = random() < 0.45;
        const x = near ? X(sunX + (random() + random() - 1) * spread) : X(random());
        pen.globalAlpha = near ? between(0.15, 0.6) : between(0.02, 0.1);
        pen.fillStyle = shine;
        pen.fillRect(x, y, unit * between(0.01, 0.05) * (0.3 + depth), unit * 0.0016 * (1 + depth * 2.4));
      }
      pen.globalAlpha = 1;
    },
    boat(x, y, size) {
      const s = size * unit;
      pen.fillStyle = "#140f22";
      pen.beginPath();
      pen.moveTo(X(x) - s * 0.5, Y(y));
      pen.quadraticCurveTo(X(x), Y(y) + s * 0.24, X(x) + s * 0.5, Y(y));
      pen.fill();
      pen.beginPath();
      pen.moveTo(X(x), Y(y) - s * 0.04);
      pen.lineTo(X(x), Y(y) - s);
      pen.quadraticCurveTo(X(x) + s * 0.42, Y(y) - s * 0.4, X(x) + s * 0.4, Y(y) - s * 0.06);
      pen.fill();
    },
    stars(until, count) {
      pen.fillStyle = "#fff";
      for (let i = 0; i < count; i++) {
        pen.globalAlpha = between(0.15, 0.95) ** 2;
        const size = unit * (random() < 0.03 ? 0.0034 : between(0.0008, 0.0018));
        pen.beginPath();
        pen.arc(X(random()), Y(random() * until), size, 0, 7);
        pen.fill();
      }
      pen.globalAlpha = 1;
    },
    milkyWay() {
      const slope = between(-0.5, 0.5);
      for (let i = 0; i < 420; i++) {
        const along = random();
        const x = X(along);
        const y = Y(0.38 + slope * (along - 0.5) + (random() + random() - 1) * 0.17);
        radial(x, y, unit * between(0.02, 0.09), random() < 0.3 ? "#c9a2d8" : "#8fa6e8", 0.05);
      }
    },
    tent(x, y, size) {
      const s = size * unit;
      radial(X(x), Y(y), s * 1.5, "#ffb04d", 0.5);
      pen.fillStyle = vertical(["#ffdc8f", "#f08b35"], Y(y) - s * 0.6, Y(y));
      pen.beginPath();
      pen.moveTo(X(x) - s * 0.62, Y(y));
      pen.quadraticCurveTo(X(x) - s * 0.2, Y(y) - s * 0.5, X(x), Y(y) - s * 0.6);
      pen.quadraticCurveTo(X(x) + s * 0.2, Y(y) - s * 0.5, X(x) + s * 0.62, Y(y));
      pen.fill();
      pen.fillStyle = "rgb(90 40 10 / .55)";
      pen.beginPath();
      pen.moveTo(X(x), Y(y) - s * 0.6);
      pen.lineTo(X(x) + s * 0.16, Y(y));
      pen.lineTo(X(x) - s * 0.16, Y(y));
      pen.fill();
    },
    skyline(base, tall, colour, count, lit) {
      for (let i = 0; i < count; i++) {
        const wide = X(between(0.6, 1.3) / count);
        const x = X((i + between(-0.2, 0.2)) / count);
        const high = Y(tall) * between(0.25, 1) * (random() < 0.2 ? 1.15 : 0.8);
        pen.fillStyle = colour;
        pen.fillRect(x, Y(base) - high, wide, high + 2);
        if (random() < 0.25) pen.fillRect(x + wide / 2, Y(base) - high - Y(0.03), unit * 0.003, Y(0.03));
        const window = unit * 0.006;
        for (let row = Y(base) - high + window * 2; row < Y(base) - window * 2; row += window * 2.6) {
          for (let column = x + window; column < x + wide - window * 1.4; column += window * 2) {
            if (random() > lit) continue;
            pen.fillStyle = random() < 0.8 ? "#ffd58a" : "#bfe0ff";
            pen.globalAlpha = between(0.4, 1);
            pen.fillRect(column, row, window, window * 1.3);
            pen.globalAlpha = 1;
          }
        }
      }
    },
    mirror(base, tint) {
      const y = Math.round(Y(base));
      const copy = new OffscreenCanvas(width, y);
      const from = copy.getContext("2d");
      const turn = pen.getTransform().invertSelf();
      from.setTransform(turn);
      from.drawImage(pen.canvas, 0, 0);
      for (let row = 0; row < height - y; row += 2) {
        const sway = Math.sin(row * 0.09 + between(0, 0.9)) * unit * 0.0012 * (1 + (row / height) * 9);
        pen.drawImage(copy, 0, Math.max(0, y - 2 - row), width, 2, sway, y + row, width, 2.6);
      }
      pen.fillStyle = tint;
      pen.globalAlpha = 0.42;
      pen.fillRect(0, y, width, height - y);
      pen.globalAlpha = 1;
    },
    beam(x, y, toX, toY, colour) {
      pen.save();
      pen.globalCompositeOperation = "lighter";
      const fill = pen.createLinearGradient(X(x), Y(y), X(toX), Y(toY));
      fill.addColorStop(0, colour);
      fill.addColorStop(1, clear(colour));
      pen.fillStyle = fill;
      pen.globalAlpha = 0.42;
      pen.filter = `blur(${unit * 0.008}px)`;
      pen.beginPath();
      pen.moveTo(X(x) - unit * 0.005, Y(y));
      pen.lineTo(X(x) + unit * 0.005, Y(y));
      pen.lineTo(X(toX) + unit * 0.09, Y(toY));
      pen.lineTo(X(toX) - unit * 0.09, Y(toY));
      pen.fill();
      pen.restore();
    },
    bokeh(from, until, count, hue) {
      pen.save();
      pen.globalCompositeOperation = "lighter";
      for (let i = 0; i < count; i++) {
        const radius = unit * between(0.008, 0.04);
        pen.fillStyle = `hsl(${hue + between(-22, 22)} 92% ${between(52, 74)}%)`;
        pen.globalAlpha = between(0.1, 0.34);
        pen.beginPath();
        pen.arc(X(random()), Y(between(from, until)), radius, 0, 7);
        pen.fill();
      }
      pen.restore();
    },
    lights(y) {
      const hang = between(0.05, 0.12);
      pen.strokeStyle = "rgb(0 0 0 / .6)";
      pen.lineWidth = unit * 0.002;
      pen.beginPath();
      const at = (x) => Y(y + hang * Math.sin((x % 0.5) * Math.PI * 2));
      for (let x = 0; x <= 1; x += 0.01) pen.lineTo(X(x), at(x));
      pen.stroke();
      for (let x = 0.02; x < 1; x += 0.05) {
        radial(X(x), at(x), unit * 0.05, "#ffc46b", 0.75);
        pen.fillStyle = "#fff0cf";
        pen.beginPath();
        pen.arc(X(x), at(x) + unit * 0.006, unit * 0.009, 0, 7);
        pen.fill();
      }
    },
    crowd(base, colour) {
      pen.fillStyle = colour;
      pen.strokeStyle = colour;
      pen.lineCap = "round";
      for (let i = 0; i < 34; i++) {
        const x = X(between(-0.02, 1.02));
        const size = unit * between(0.03, 0.05);
        const y = Y(base) + between(0, 0.12) * height;
        pen.beginPath();
        pen.arc(x, y, size, 0, 7);
        pen.fill();
        pen.beginPath();
        pen.ellipse(x, y + size * 2.8, size * 1.9, size * 2, 0, 0, 7);
        pen.fill();
        if (random() < 0.35) {
          pen.lineWidth = size * 0.55;
          pen.beginPath();
          pen.moveTo(x + size, y + size * 2);
          pen.lineTo(x + size * between(0.8, 2.2), y - size * between(1.5, 3));
          pen.stroke();
        }
      }
      pen.fillRect(0, Y(base + 0.14), width, height);
    },
    balloon(x, y, size) {
      const radius = size * unit;
      const hue = between(0, 360);
      pen.save();
      pen.translate(X(x), Y(y));
      for (let stripe = 0; stripe < 7; stripe++) {
        pen.fillStyle = `hsl(${(hue + (stripe % 2) * 40) % 360} ${70 - stripe * 3}% ${62 - Math.abs(stripe - 2) * 5}%)`;
        pen.beginPath();
        pen.ellipse(0, 0, radius * (1 - stripe / 7), radius * 1.08, 0, 0, 7);
        pen.fill();
      }
      pen.fillStyle = "#3b2a22";
      pen.fillRect(-radius * 0.14, radius * 1.34, radius * 0.28, radius * 0.2);
      pen.strokeStyle = "rgb(59 42 34 / .7)";
      pen.lineWidth = radius * 0.02;
      for (const side of [-1, 1]) {
        pen.beginPath();
        pen.moveTo(side * radius * 0.4, radius * 0.98);
        pen.lineTo(side * radius * 0.13, radius * 1.36);
        pen.stroke();
      }
      pen.restore();
    },
    /** A lens's falling light towards the corners, and a sensor's noise. */
    grain() {
      const shade = pen.createRadialGradient(X(0.5), Y(0.5), unit * 0.35, X(0.5), Y(0.5), Math.hypot(width, height) * 0.6);
      shade.addColorStop(0, "rgb(0 0 0 / 0)");
      shade.addColorStop(1, "rgb(0 0 0 / .34)");
      pen.fillStyle = shade;
      pen.fillRect(0, 0, width, height);
      const tile = new OffscreenCanvas(256, 256);
      const dots = tile.getContext("2d");
      const noise = dots.createImageData(256, 256);
      for (let i = 0; i < noise.data.length; i += 4) noise.data.set([...Array(3).fill(random() * 255), 255], i);
      dots.putImageData(noise, 0, 0);
      pen.globalCompositeOperation = "overlay";
      pen.globalAlpha = 0.09;
      pen.fillStyle = pen.createPattern(tile, "repeat");
      pen.fillRect(0, 0, width, height);
      pen.globalAlpha = 1;
      pen.globalCompositeOperation = "source-over";
    },
  };
}

/** The same colour, invisible: gradients towards `transparent` would pass through grey. */
const clear = (colour) => (colour.startsWith("#") ? `${colour}00` : colour.replace(")", " / 0)"));

function toBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
