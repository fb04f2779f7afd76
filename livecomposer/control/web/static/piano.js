// The piano: mouse, touch (several fingers, sliding), and the computer's keyboard.

import { IT, YOU } from "./music.js";

const LOWER = "KeyZ KeyS KeyX KeyD KeyC KeyV KeyG KeyB KeyH KeyN KeyJ KeyM Comma KeyL Period Semicolon Slash".split(" ");
const UPPER = "KeyQ Digit2 KeyW Digit3 KeyE KeyR Digit5 KeyT Digit6 KeyY Digit7 KeyU KeyI Digit9 KeyO Digit0 KeyP".split(" ");
const NAMES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];
const BLACK = new Set([1, 3, 6, 8, 10]);
const WHITES_BEFORE = [0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6];
const KEY_WIDTH = 30; // at least so many pixels for a white key

export class Piano {
  #keys = new Map();
  #held = new Map(); // what holds (pointer or code) to its pitch
  #count = new Map(); // how often a pitch is held
  #base = 48; // the pitch of Z
  #pedal = false;

  constructor(box, hands, { play, music }) {
    this.box = box;
    this.hands = hands;
    this.play = play;
    music.addEventListener("key", ({ role, pitch, down }) => this.#light(role, pitch, down));
    this.music = music;
    this.#listen();
    new ResizeObserver(() => this.#build()).observe(box);
    this.#build();
  }

  /** Lets go of everything, as when the connection or the window is lost. */
  release() {
    for (const holder of [...this.#held.keys()]) this.#up(holder);
    if (this.#pedal) this.#press(false);
  }

  /** Shows what comes next. */
  soon(pitches) {
    for (const [pitch, key] of this.#keys) key.classList.toggle("soon", pitches.has(pitch));
  }

  #down(holder, pitch, touch = 1) {
    if (pitch < 0 || pitch > 127 || this.#held.get(holder) === pitch) return;
    this.#up(holder);
    this.#held.set(holder, pitch);
    this.#count.set(pitch, (this.#count.get(pitch) ?? 0) + 1);
    const velocity = Math.round(Math.min(127, Math.max(1, this.hands.velocity.value * touch)));
    this.play(0x90, pitch, velocity);
  }

  #up(holder) {
    const pitch = this.#held.get(holder);
    if (pitch === undefined) return;
    this.#held.delete(holder);
    const left = this.#count.get(pitch) - 1;
    if (left) return this.#count.set(pitch, left);
    this.#count.delete(pitch);
    this.play(0x80, pitch, 64);
  }

  #press(down) {
    if (this.#pedal === down) return;
    this.#pedal = down;
    this.hands.pedal.setAttribute("aria-pressed", down);
    this.play(0xb0, 64, down ? 127 : 0);
  }

  #shift(octaves) {
    this.#base = Math.min(96, Math.max(12, this.#base + 12 * octaves));
    this.#build();
  }

  #listen() {
    const { box, hands } = this;
    box.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      box.focus({ preventScroll: true });
      box.setPointerCapture(event.pointerId);
      this.#point(event);
    });
    box.addEventListener("pointermove", (event) => { if (this.#held.has(event.pointerId)) this.#point(event); });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) box.addEventListener(end, (event) => this.#up(event.pointerId));
    box.addEventListener("contextmenu", (event) => event.preventDefault());
    hands.down.addEventListener("click", () => this.#shift(-1));
    hands.up.addEventListener("click", () => this.#shift(1));
    hands.pedal.addEventListener("click", () => this.#press(!this.#pedal));
    addEventListener("keydown", (event) => this.#keydown(event));
    addEventListener("keyup", (event) => (event.code === "Space" ? this.#press(false) : this.#up(event.code)));
    addEventListener("blur", () => this.release());
  }

  #point(event) {
    const at = document.elementFromPoint(event.clientX, event.clientY)?.closest(".key");
    if (!at) return;
    const { top, height } = at.getBoundingClientRect();
    this.#down(event.pointerId, Number(at.dataset.pitch), 0.7 + 0.45 * ((event.clientY - top) / height));
  }

  #keydown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || elsewhere(event)) return;
    const pitch = this.#pitchOf(event.code);
    if (pitch !== null) this.#down(event.code, pitch);
    else if (event.code === "Space") this.#press(true);
    else if (event.code === "Minus") this.#shift(-1);
    else if (event.code === "Equal") this.#shift(1);
    else if (event.code === "PageUp" || event.code === "PageDown") {
      this.hands.velocity.value = Number(this.hands.velocity.value) + (event.code === "PageUp" ? 8 : -8);
    } else return;
    event.preventDefault();
  }

  #pitchOf(code) {
    const low = LOWER.indexOf(code);
    if (low >= 0) return this.#base + low;
    const high = UPPER.indexOf(code);
    return high >= 0 ? this.#base + 12 + high : null;
  }

  #build() {
    const whites = Math.max(14, Math.min(52, Math.floor(this.box.clientWidth / KEY_WIDTH)));
    const octaves = Math.max(2, Math.floor(whites / 7));
    const low = Math.min(Math.max(this.#base - 12 * Math.floor((octaves - 2) / 2), 0), 120 - 12 * octaves + 12);
    const width = 100 / (octaves * 7 + 1);
    this.hands.octave.textContent = `C${this.#base / 12 - 1}`;
    this.#keys.clear();
    this.box.replaceChildren();
    for (let pitch = low; pitch <= Math.min(127, low + 12 * octaves); pitch++) this.#add(pitch, low, width);
    for (const role of [YOU, IT]) for (const pitch of this.music.sounding(role)) this.#light(role, pitch, true);
  }

  #add(pitch, low, width) {
    const black = BLACK.has(pitch % 12);
    const place = Math.floor((pitch - low) / 12) * 7 + WHITES_BEFORE[pitch % 12];
    const key = document.createElement("div");
    key.className = `key ${black ? "black" : "white"}`;
    key.dataset.pitch = pitch;
    key.setAttribute("aria-label", `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`);
    key.style.left = `${(black ? place - 0.31 : place) * width}%`;
    key.style.width = `${(black ? 0.62 : 1) * width}%`;
    const label = this.#letter(pitch) || (pitch % 12 === 0 ? `C${pitch / 12 - 1}` : "");
    if (label) key.append(Object.assign(document.createElement("i"), { textContent: label }));
    this.#keys.set(pitch, key);
    this.box.append(key);
  }

  // The letter of the computer's keyboard, where there is likely to be one.
  #letter(pitch) {
    if (matchMedia("(hover: none)").matches) return "";
    const code = UPPER[pitch - this.#base - 12] ?? LOWER[pitch - this.#base];
    return code?.replace(/Key|Digit/, "").replace("Comma", ",").replace("Period", ".").replace("Slash", "/").replace("Semicolon", ";") ?? "";
  }

  #light(role, pitch, down) {
    this.#keys.get(pitch)?.classList.toggle(role === YOU ? "you" : "it", down);
  }
}

/** Whether a key that is pressed belongs to something that is typed or turned. */
export function elsewhere(event) {
  const on = event.target;
  if (on.closest?.("dialog[open]")) return true;
  if (on.matches?.("input:not([type=range]), select, textarea")) return true;
  return event.code === "Space" && on.matches?.("button, summary, [role=radio]") === true;
}
