// What has sounded and what is planned, as notes; bounded, so that a page may stay open all night.

const MOST_NOTES = 4000;
const KEPT_SECONDS = 180;
export const YOU = 0, IT = 1;

export class Music extends EventTarget {
  notes = []; // {role, pitch, velocity, start, end}: end is null while it sounds
  pedals = []; // {start, end}
  plan = []; // {pitch, velocity, start, end, seen}
  foreseen = []; // {pitch, velocity, start}
  answering = false;
  lastKey = -Infinity;
  #open = new Map();
  #pedal = null;

  begin(past, plan) {
    this.notes = [];
    this.pedals = [];
    this.#open.clear();
    this.#pedal = null;
    for (const row of past) this.#hear(row);
    this.setPlan(plan ?? { notes: [], foreseen: [] });
  }

  hear(rows, now) {
    for (const row of rows) this.#hear(row);
    this.#forget(now);
  }

  setPlan({ notes, foreseen }) {
    const before = new Map(this.plan.map((note) => [`${note.pitch}:${note.start}`, note.seen]));
    const open = new Map();
    this.plan = [];
    for (const [time, pitch, velocity] of notes) {
      if (velocity) {
        const note = { pitch, velocity, start: time, end: null, seen: before.get(`${pitch}:${time}`) ?? performance.now() };
        open.set(pitch, note);
        this.plan.push(note);
      } else if (open.has(pitch)) {
        open.get(pitch).end = time;
        open.delete(pitch);
      }
    }
    this.foreseen = foreseen.map(([start, pitch, velocity]) => ({ start, pitch, velocity }));
  }

  sounding(role) {
    return [...this.#open.values()].filter((note) => note.role === role).map((note) => note.pitch);
  }

  #hear([time, role, status, first, second]) {
    const kind = status & 0xf0;
    if (kind === 0x90 && second) this.#start(time, role, first, second);
    else if (kind === 0x80 || kind === 0x90) this.#end(time, role, first);
    else if (kind === 0xb0 && first >= 120) this.#silence(time, role);
    else if (kind === 0xb0 && first === 64 && role === YOU) this.#press(time, second >= 64);
  }

  /** Ends what was ended without a word, as when an output is silenced: only `pitches` sound at `now`. */
  settle(pitches, now) {
    const sounding = new Set(pitches);
    for (const note of [...this.#open.values()]) {
      if (note.start < now - 0.5 && !sounding.has(note.pitch)) this.#end(now, note.role, note.pitch);
    }
  }

  #silence(time, role) {
    for (const note of [...this.#open.values()]) if (note.role === role) this.#end(time, role, note.pitch);
    if (role === YOU) this.#press(time, false);
  }

  #start(time, role, pitch, velocity) {
    this.#end(time, role, pitch);
    const note = { role, pitch, velocity, start: time, end: null };
    this.notes.push(note);
    this.#open.set(`${role}:${pitch}`, note);
    if (role === YOU) this.lastKey = time;
    this.#changed(role, pitch, true);
  }

  #end(time, role, pitch) {
    const note = this.#open.get(`${role}:${pitch}`);
    if (!note) return;
    note.end = time;
    this.#open.delete(`${role}:${pitch}`);
    this.#changed(role, pitch, false);
  }

  #press(time, down) {
    if (down && !this.#pedal) {
      this.#pedal = { start: time, end: null };
      this.pedals.push(this.#pedal);
    } else if (!down && this.#pedal) {
      this.#pedal.end = time;
      this.#pedal = null;
    }
  }

  #changed(role, pitch, down) {
    this.dispatchEvent(Object.assign(new Event("key"), { role, pitch, down }));
  }

  #forget(now) {
    const past = now - KEPT_SECONDS;
    const gone = (each) => each.end !== null && each.end < past;
    if (this.notes.length > MOST_NOTES || gone(this.notes[0] ?? { end: null })) {
      this.notes = this.notes.slice(-MOST_NOTES).filter((note) => !gone(note));
      this.pedals = this.pedals.slice(-MOST_NOTES).filter((pedal) => !gone(pedal));
    }
  }
}
