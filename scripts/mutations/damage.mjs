// Ways to damage what is read from outside: as bytes, and as JSON that remains JSON.

/** A small deterministic generator of numbers below a limit: mulberry32. */
export function seededBelow(seed) {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

const spliced = (bytes, at, left, put) =>
  Uint8Array.from([...bytes.subarray(0, at), ...put, ...bytes.subarray(at + left)]);

/** Where a change does most: headers lie at the start and at the end, lengths and counts among them. */
function placeIn(bytes, below) {
  const near = Math.min(bytes.length, 512);
  switch (below(4)) {
    case 0:
      return below(bytes.length);
    case 1:
      return bytes.length - 1 - below(near);
    default:
      return below(near);
  }
}

const byteDamages = [
  function flipped(bytes, below) {
    const copy = bytes.slice();
    for (let left = 1 + below(8); left > 0; left--) copy[placeIn(bytes, below)] ^= 1 << below(8);
    return copy;
  },
  function overwritten(bytes, below) {
    const copy = bytes.slice();
    for (let left = 1 + below(4); left > 0; left--) copy[placeIn(bytes, below)] = below(256);
    return copy;
  },
  /** A length that lies. */
  function extreme(bytes, below) {
    const at = placeIn(bytes, below);
    return bytes.slice().fill(below(2) * 255, at, at + 1 + below(9));
  },
  function lost(bytes, below) {
    return spliced(bytes, placeIn(bytes, below), 1 + below(below(2) ? 1 : 64), []);
  },
  function repeated(bytes, below) {
    const at = placeIn(bytes, below);
    return spliced(bytes, at, 0, bytes.subarray(at, at + 1 + below(64)));
  },
  function inserted(bytes, below) {
    const noise = Uint8Array.from({ length: 1 + below(32) }, () => below(256));
    return spliced(bytes, placeIn(bytes, below), 0, noise);
  },
  function moved(bytes, below) {
    const from = placeIn(bytes, below);
    return bytes.slice().copyWithin(placeIn(bytes, below), from, from + 1 + below(64));
  },
  function cut(bytes, below) {
    return bytes.slice(0, below(bytes.length));
  },
];

const hostileValues = [
  ...[null, true, "", "x".repeat(1000), "__proto__", "../../etc", [], {}, [[[[]]]], { constructor: 1 }],
  ...[0, -1, 1, 0.5, 1e-310, 1e308, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 60, -(2 ** 40)],
];

/** JSON of which one to three values were changed, renamed, left out or repeated. */
function otherJson(text, below) {
  const root = { json: JSON.parse(text) };
  for (let left = 1 + below(3); left > 0; left--) changeSomewhere(root, below);
  return JSON.stringify(root.json) ?? "";
}

function changeSomewhere(root, below) {
  let [parent, key] = [root, "json"];
  // Down to a random depth.
  for (;;) {
    const value = parent[key];
    const keys = typeof value === "object" && value !== null ? Object.keys(value) : [];
    if (keys.length === 0 || (parent !== root && below(5) === 0)) break;
    [parent, key] = [value, keys[below(keys.length)]];
  }
  const value = parent[key];
  switch (below(6)) {
    case 0:
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else parent[key] = undefined;
      break;
    case 1:
      if (Array.isArray(parent)) parent.splice(Number(key), 0, ...Array(1 + below(3)).fill(value));
      else parent[`${key}2`] = value;
      break;
    case 2:
      parent[key] = typeof value === "number" ? value * [2, -1, 1e9, 1.5][below(4)] : [value];
      break;
    default:
      parent[key] = structuredClone(hostileValues[below(hostileValues.length)]);
  }
}

export function damagedBytes(bytes, below) {
  return byteDamages[below(byteDamages.length)](bytes, below);
}

/** Half of the time still JSON, but of something else. */
export function damagedJson(text, below) {
  if (below(2) === 0) return otherJson(text, below);
  return new TextDecoder().decode(damagedBytes(new TextEncoder().encode(text), below));
}
