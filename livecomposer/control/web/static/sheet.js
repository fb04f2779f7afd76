// The canvas of the editor: draws the notes of a take, and turns pointer and keys into changes of them.

const RULER = 22, EDGE = 7, KEYS = 30;
const COLOURS = { performer: [230, 159, 0], companion: [86, 180, 233] };
const colour = (name) => COLOURS[name] ?? [160, 150, 135];

export class Sheet {
  edit = null;
  at = 0; // "here": where it is played and continued from
  left = 0; // the first second in view
  perSecond = 90; // pixels
  #drag = null;

  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    this.pen = canvas.getContext("2d");
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", () => { this.#drag = null; this.changed(); });
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  open(edit) {
    this.edit = edit;
    this.left = 0;
    this.at = edit.seconds;
    const pitches = Object.values(edit.parts).flat().map((note) => note.pitch);
    this.low = Math.min(48, ...pitches) - 3;
    this.high = Math.max(72, ...pitches) + 3;
    this.perSecond = Math.max(12, (this.canvas.clientWidth - KEYS) / (edit.seconds * 1.08));
    this.draw();
  }

  draw() {
    const { canvas, pen, edit } = this;
    const ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (!width || !edit) return;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = "#0b0a09";
    pen.fillRect(0, 0, width, height);
    this.#grid(width, height);
    const others = Object.keys(edit.parts).filter((name) => name !== edit.part);
    for (const name of others) for (const note of edit.parts[name]) this.#note(note, colour(name), 0.28);
    for (const note of edit.notes) this.#note(note, colour(edit.part), 0.4 + 0.6 * (note.velocity / 127), edit.selected.has(note));
    this.#here(height);
  }

  #x(time) { return KEYS + (time - this.left) * this.perSecond; }
  #time(x) { return this.left + (x - KEYS) / this.perSecond; }
  get #row() { return (this.canvas.clientHeight - RULER) / (this.high - this.low + 1); }
  #y(pitch) { return RULER + (this.high - pitch) * this.#row; }
  #pitch(y) { return this.high - Math.floor((y - RULER) / this.#row); }

  #grid(width, height) {
    const { pen } = this;
    pen.font = "11px ui-sans-serif, system-ui, sans-serif";
    pen.textBaseline = "middle";
    for (let pitch = this.low; pitch <= this.high; pitch++) {
      if ([1, 3, 6, 8, 10].includes(((pitch % 12) + 12) % 12)) { pen.fillStyle = "#131110"; pen.fillRect(KEYS, this.#y(pitch), width, this.#row); }
      if (pitch % 12 === 0) { pen.fillStyle = "#857b6b"; pen.fillText(`C${pitch / 12 - 1}`, 5, this.#y(pitch) + this.#row / 2); }
    }
    const step = this.perSecond > 60 ? 1 : this.perSecond > 15 ? 5 : 15;
    for (let second = Math.ceil(this.left / step) * step; this.#x(second) < width; second += step) {
      pen.fillStyle = "#26221c";
      pen.fillRect(this.#x(second), RULER, 1, height);
      pen.fillStyle = "#857b6b";
      pen.fillText(`${second} s`, this.#x(second) + 3, RULER / 2);
    }
  }

  #note(note, [r, g, b], opacity, selected = false) {
    const { pen } = this;
    pen.fillStyle = `rgba(${r},${g},${b},${opacity})`;
    const box = [this.#x(note.start), this.#y(note.pitch) + 1, Math.max(3, (note.end - note.start) * this.perSecond - 1), Math.max(2, this.#row - 2)];
    pen.beginPath();
    pen.roundRect(...box, 3);
    pen.fill();
    if (selected) { pen.strokeStyle = "#f3ecdf"; pen.lineWidth = 2; pen.stroke(); }
  }

  #here(height) {
    const x = this.#x(this.at);
    this.pen.fillStyle = "#f3ecdf";
    this.pen.fillRect(x, 0, 2, height);
    this.pen.beginPath();
    this.pen.moveTo(x - 6, 0); this.pen.lineTo(x + 8, 0); this.pen.lineTo(x + 1, 10);
    this.pen.fill();
  }

  #under(x, y) {
    const time = this.#time(x), pitch = this.#pitch(y);
    return this.edit.notes.findLast((note) => note.pitch === pitch && time >= note.start && time <= Math.max(note.end, note.start + 6 / this.perSecond));
  }

  #down(event) {
    if (!this.edit || event.button) return;
    const { offsetX: x, offsetY: y } = event;
    this.canvas.setPointerCapture(event.pointerId);
    if (y < RULER) { this.#drag = { kind: "here" }; this.at = Math.max(0, this.#time(x)); this.draw(); return; }
    this.edit.mark();
    const note = this.#under(x, y);
    if (!note) {
      this.edit.add(this.#time(x), this.#pitch(y), { length: 0.05 });
      this.#drag = { kind: "stretch", x };
    } else {
      if (event.shiftKey) this.edit.selected.add(note);
      else if (!this.edit.selected.has(note)) this.edit.selected = new Set([note]);
      this.#drag = { kind: this.#x(note.end) - x < EDGE ? "stretch" : "move", x, pitch: note.pitch };
    }
    this.changed();
  }

  #move({ offsetX: x, offsetY: y }) {
    const drag = this.#drag;
    if (!drag) return;
    const seconds = (x - drag.x) / this.perSecond;
    if (drag.kind === "here") this.at = Math.max(0, this.#time(x));
    else if (drag.kind === "stretch") this.edit.stretch(seconds);
    else { this.edit.move(seconds, this.#pitch(y) - drag.pitch); drag.pitch = this.#pitch(y); }
    drag.x = x;
    this.draw();
  }

  #wheel(event) {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) this.perSecond = Math.min(600, Math.max(8, this.perSecond * (event.deltaY > 0 ? 0.9 : 1.1)));
    else this.left = Math.max(0, this.left + (event.deltaY + event.deltaX) / this.perSecond);
    this.draw();
  }

  #key(event) {
    const { edit } = this;
    if (!edit) return;
    const step = { ArrowLeft: [-0.05, 0], ArrowRight: [0.05, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if ((event.ctrlKey || event.metaKey) && event.key === "z") event.shiftKey ? edit.redo() : edit.undo();
    else if ((event.ctrlKey || event.metaKey) && event.key === "a") edit.selected = new Set(edit.notes);
    else if (event.key === "Delete" || event.key === "Backspace") { edit.mark(); edit.remove(); }
    else if (step && edit.selected.size) { edit.mark(); event.shiftKey ? edit.stretch(step[0]) : edit.move(...step); }
    else if (event.key === "n" || event.key === "N") this.#next(event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
    this.changed();
  }

  #next(by) {
    const notes = [...this.edit.notes].sort((a, b) => a.start - b.start || a.pitch - b.pitch);
    const at = notes.findIndex((note) => this.edit.selected.has(note));
    const next = notes[(at + by + notes.length) % notes.length];
    if (next) this.edit.selected = new Set([next]);
  }
}
