// Notes that are edited: pure, with an undo that remembers the last 200 changes. A note is {start, end, pitch, velocity}.

const MOST_UNDO = 200;
const SHORTEST = 0.03;

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

export class Edit {
  #before = [];
  #after = [];

  constructor(parts) {
    this.parts = Object.fromEntries(Object.entries(parts).map(([name, rows]) => [name, rows.map(([start, end, pitch, velocity]) => ({ start, end, pitch, velocity }))]));
    this.part = this.parts.companion?.length ? "companion" : Object.keys(this.parts)[0] ?? "performer";
    this.parts.performer ??= [];
    this.parts.companion ??= [];
    this.selected = new Set();
  }

  get notes() {
    return this.parts[this.part];
  }

  get changed() {
    return this.#before.length > 0;
  }

  get seconds() {
    return Math.max(4, ...Object.values(this.parts).flat().map((note) => note.end));
  }

  rows() {
    const parts = Object.entries(this.parts).filter(([, notes]) => notes.length);
    return Object.fromEntries(parts.map(([name, notes]) => [name, notes.map(({ start, end, pitch, velocity }) => [start, end, pitch, velocity])]));
  }

  /** Remembers what is, before a change (or a whole drag) begins. */
  mark() {
    this.#before.push(this.#copy());
    if (this.#before.length > MOST_UNDO) this.#before.shift();
    this.#after = [];
  }

  undo() {
    this.#swap(this.#before, this.#after);
  }

  redo() {
    this.#swap(this.#after, this.#before);
  }

  add(start, pitch, { length = 0.25, velocity = 80 } = {}) {
    const note = { start: Math.max(0, start), end: Math.max(0, start) + length, pitch: clamp(pitch, 0, 127), velocity };
    this.notes.push(note);
    this.selected = new Set([note]);
    return note;
  }

  remove() {
    this.parts[this.part] = this.notes.filter((note) => !this.selected.has(note));
    this.selected.clear();
  }

  move(seconds, semitones) {
    const first = Math.min(...[...this.selected].map((note) => note.start));
    const by = Math.max(seconds, -first);
    for (const note of this.selected) {
      note.start += by;
      note.end += by;
      note.pitch = clamp(note.pitch + semitones, 0, 127);
    }
  }

  stretch(seconds) {
    for (const note of this.selected) note.end = Math.max(note.start + SHORTEST, note.end + seconds);
  }

  velocity(value) {
    for (const note of this.selected) note.velocity = clamp(Math.round(value), 1, 127);
  }

  quantise(grid) {
    for (const note of this.selected.size ? this.selected : this.notes) {
      const length = note.end - note.start;
      note.start = Math.round(note.start / grid) * grid;
      note.end = note.start + Math.max(SHORTEST, length);
    }
  }

  #copy() {
    return { part: this.part, parts: structuredClone(this.parts) };
  }

  #swap(from, to) {
    if (!from.length) return;
    to.push(this.#copy());
    Object.assign(this, from.pop());
    this.selected.clear();
  }
}
