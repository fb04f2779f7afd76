// The piano roll: what has sounded moves left from the line that is now; what is planned comes towards it.

import { IT, YOU } from "./music.js";

const NOW_AT = 0.68; // of the width
const COLOURS = { [YOU]: [230, 159, 0], [IT]: [86, 180, 233] };
const FADE_IN = 220; // milliseconds, for what is newly planned
const MARGIN = 34; // left of it are the names of the Cs
const PEDAL_HEIGHT = 5;

export class Roll {
  seconds = 12; // shown, past and future
  bars = () => []; // moments of bar lines between two moments
  #low = 40;
  #high = 84;

  constructor(canvas, music, clock) {
    this.canvas = canvas;
    this.music = music;
    this.clock = clock;
    this.pen = canvas.getContext("2d", { alpha: false });
    canvas.addEventListener("wheel", (event) => { event.preventDefault(); this.zoom(event.deltaY > 0 ? 1.12 : 1 / 1.12); }, { passive: false });
    canvas.addEventListener("keydown", (event) => {
      if (event.key === "+") this.zoom(1 / 1.25);
      if (event.key === "-") { this.zoom(1.25); event.stopPropagation(); }
    });
    new ResizeObserver(() => this.#fit()).observe(canvas);
    this.#fit();
    const frame = () => { this.draw(); requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
  }

  // Room for the words above and the legend below, so that no note is behind them.
  #room() {
    const height = (element) => (element && element.offsetParent ? element.offsetHeight : 0);
    this.top = height(this.canvas.parentElement.querySelector(".who"));
    this.bottom = height(this.canvas.parentElement.querySelector(".legend")) + PEDAL_HEIGHT * 2;
  }

  zoom(factor) {
    this.seconds = Math.min(120, Math.max(3, this.seconds * factor));
  }

  draw() {
    const { pen, width, height } = this;
    if (!width || !height) return;
    const now = this.clock();
    this.#now = now;
    this.#frameRange(now);
    pen.fillStyle = "#0b0a09";
    pen.fillRect(0, 0, width, height);
    this.#rows();
    this.#bars(now);
    this.#pedal(now);
    for (const note of this.music.notes) this.#sounded(note, now);
    for (const note of this.music.foreseen) this.#foreseen(note, now);
    for (const note of this.music.plan) this.#planned(note, now);
    this.#nowLine();
  }

  #now = 0;

  #fit() {
    const ratio = window.devicePixelRatio || 1;
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#room();
    this.scale = Math.max(1, Math.min(this.width / 1100, this.height / 420));
  }

  #x(time) {
    return MARGIN + (this.width - MARGIN) * (NOW_AT + (time - this.#now) / this.seconds);
  }

  #y(pitch) {
    return this.top + (this.height - this.top - this.bottom) * (1 - (pitch + 1 - this.#low) / (this.#high + 1 - this.#low));
  }

  get #row() {
    return (this.height - this.top - this.bottom) / (this.#high + 1 - this.#low);
  }

  // The pitches in view grow at once and shrink slowly, so that nothing jumps.
  #frameRange(now) {
    let low = 48, high = 79;
    const since = now - this.seconds;
    const widen = (note) => { low = Math.min(low, note.pitch - 3); high = Math.max(high, note.pitch + 3); };
    for (const note of this.music.notes) if ((note.end ?? now) > since) widen(note);
    this.music.plan.forEach(widen);
    this.#low += (Math.max(0, low) - this.#low) * (low < this.#low ? 0.2 : 0.01);
    this.#high += (Math.min(127, high) - this.#high) * (high > this.#high ? 0.2 : 0.01);
  }

  #rows() {
    const { pen, width } = this;
    pen.font = `${Math.round(11 * this.scale)}px ui-sans-serif, system-ui, sans-serif`;
    pen.textBaseline = "middle";
    for (let pitch = Math.floor(this.#low); pitch <= Math.ceil(this.#high); pitch++) {
      if ([1, 3, 6, 8, 10].includes(pitch % 12)) {
        pen.fillStyle = "#110f0d";
        pen.fillRect(MARGIN, this.#y(pitch), width, this.#row);
      }
      if (pitch % 12 === 0) {
        pen.fillStyle = "#2a2620";
        pen.fillRect(MARGIN, this.#y(pitch) + this.#row, width, 1);
        pen.fillStyle = "#857b6b";
        pen.fillText(`C${pitch / 12 - 1}`, 6, this.#y(pitch) + this.#row / 2);
      }
    }
  }

  #bars(now) {
    const { pen } = this;
    const bars = this.bars(now - this.seconds * NOW_AT, now + this.seconds * (1 - NOW_AT));
    const edges = bars.length ? bars : this.#tens(now);
    pen.fillStyle = bars.length ? "#4a4338" : "#1d1a16";
    for (const moment of edges) pen.fillRect(this.#x(moment), 0, 1, this.height);
  }

  // Without a clock: a faint line every so many seconds, so that movement is seen in silence too.
  #tens(now) {
    const step = this.seconds > 40 ? 10 : this.seconds > 15 ? 5 : 1;
    const first = Math.ceil((now - this.seconds) / step) * step;
    return Array.from({ length: Math.ceil((this.seconds * 2) / step) }, (_, i) => first + i * step);
  }

  #pedal(now) {
    const { pen, height } = this;
    pen.fillStyle = "rgba(230,159,0,.55)";
    for (const { start, end } of this.music.pedals) {
      const from = this.#x(start), to = this.#x(end ?? now);
      if (to > MARGIN) pen.fillRect(Math.max(MARGIN, from), height - this.bottom + 2, to - Math.max(MARGIN, from), PEDAL_HEIGHT);
    }
  }

  #sounded(note, now) {
    const from = Math.max(MARGIN, this.#x(note.start)), to = this.#x(note.end ?? now);
    if (to < MARGIN) return;
    const [r, g, b] = COLOURS[note.role];
    this.pen.fillStyle = `rgba(${r},${g},${b},${0.6 + 0.4 * (note.velocity / 127)})`;
    this.#bar(note, from, to);
    if (note.end === null) {
      this.pen.fillStyle = `rgb(${r},${g},${b})`;
      this.#bar(note, from, to);
      this.pen.strokeStyle = `rgba(${r},${g},${b},.3)`;
      this.pen.lineWidth = 7 * this.scale;
      this.#bar(note, from, to, true);
    }
  }

  #bar(note, from, to, stroke = false) {
    const { pen } = this;
    const thick = Math.max(3, this.#row * (0.55 + 0.4 * (note.velocity / 127)));
    const top = this.#y(note.pitch) + (this.#row - thick) / 2;
    pen.beginPath();
    pen.roundRect(from, top, Math.max(3, to - from - 1), thick, Math.min(thick / 2, 4 * this.scale));
    if (stroke) pen.stroke();
    else pen.fill();
  }

  #planned(note, now) {
    const end = note.end ?? note.start + 0.4;
    if (end < now) return;
    const born = Math.min(1, (performance.now() - note.seen) / FADE_IN);
    const near = 1 - Math.min(0.6, Math.max(0, note.start - now) / 4);
    const { pen } = this;
    pen.fillStyle = `rgba(86,180,233,${0.16 * born * near})`;
    this.#bar(note, this.#x(note.start), this.#x(end));
    pen.strokeStyle = `rgba(86,180,233,${0.95 * born * near})`;
    pen.lineWidth = 1.5 * this.scale;
    this.#bar(note, this.#x(note.start), this.#x(end), true);
  }

  #foreseen(note, now) {
    if (note.start < now) return;
    const { pen } = this;
    pen.strokeStyle = "rgba(230,159,0,.8)";
    pen.lineWidth = 1.5 * this.scale;
    pen.setLineDash([3, 3]);
    this.#bar(note, this.#x(note.start), this.#x(note.start + 0.25), true);
    pen.setLineDash([]);
  }

  #nowLine() {
    const { pen, height } = this;
    const x = this.#x(this.#now);
    const glow = pen.createLinearGradient(x, 0, x + 40, 0);
    glow.addColorStop(0, "rgba(243,236,223,.10)");
    glow.addColorStop(1, "rgba(243,236,223,0)");
    pen.fillStyle = glow;
    pen.fillRect(x, 0, 40, height);
    pen.fillStyle = "#f3ecdf";
    pen.fillRect(x - 1, 0, 2 * this.scale, height);
  }
}
