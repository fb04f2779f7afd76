// Is it keeping time? Two minutes of each meter as a line, with its median and p99 since the start.

const KEPT = 120;
const METERS = [
  ["thru", "thru", "ms", ({ means }) => means.thru, 3],
  ["takeover", "takeover", "ms", ({ means }) => means.takeover, 60],
  ["replan", "re-plan", "ms", ({ means }) => means.replan, 60],
  ["late", "lateness", "ms", ({ means }) => means.late, 15],
  ["can", "tokens a second", "", ({ can }) => can || undefined],
  ["horizon", "horizon", "ms", ({ horizon }) => horizon],
  ["context", "context", "tokens", ({ context }) => context],
  ["dropped", "notes dropped", "", ({ dropped }) => dropped, 1],
];

const short = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : String(Number(value.toPrecision(2))));

export class Meters {
  #series = new Map();
  #shown = new Map();

  constructor(box) {
    this.box = box;
    for (const [name, label, unit] of METERS) this.#add(name, label, unit);
  }

  take(health, quantiles) {
    for (const [name, , unit, read, worst] of METERS) {
      const series = this.#series.get(name);
      const value = read(health);
      series.push(value ?? null);
      if (series.length > KEPT) series.shift();
      if (this.box.hidden) continue;
      const { card, output, small, canvas } = this.#shown.get(name);
      const last = value ?? series.findLast((each) => each !== null);
      output.textContent = last === undefined || last === null ? "–" : `${short(last)}${unit ? ` ${unit}` : ""}`;
      card.dataset.bad = worst !== undefined && value !== undefined && value >= worst;
      if (name === "can") small.textContent = health.needs ? `needs ${short(health.needs)}` : "";
      else if (name === "dropped") small.textContent = `engine restarts ${health.restarts}`;
      else if (quantiles[name]) small.textContent = `p50 ${short(quantiles[name][0])}  p99 ${short(quantiles[name][1])}`;
      this.#line(canvas, series);
    }
  }

  #add(name, label) {
    const card = document.createElement("div");
    card.className = "meter";
    const title = Object.assign(document.createElement("h3"), { textContent: label });
    const output = Object.assign(document.createElement("output"), { textContent: "–" });
    const small = document.createElement("small");
    const canvas = document.createElement("canvas");
    canvas.setAttribute("aria-hidden", "true");
    card.append(title, output, small, canvas);
    this.box.append(card);
    this.#series.set(name, []);
    this.#shown.set(name, { card, output, small, canvas });
  }

  #line(canvas, series) {
    const pen = canvas.getContext("2d");
    const ratio = window.devicePixelRatio || 1;
    const width = (canvas.width = canvas.clientWidth * ratio), height = (canvas.height = canvas.clientHeight * ratio);
    const highest = Math.max(1e-6, ...series.map((value) => value ?? 0)) * 1.15;
    pen.strokeStyle = "#c8a96a";
    pen.lineWidth = 1.5 * ratio;
    pen.beginPath();
    let drawn = false;
    series.forEach((value, i) => {
      if (value === null) return;
      const x = width * (1 - (series.length - 1 - i) / (KEPT - 1)), y = height - (height - 3 * ratio) * (value / highest) - 1;
      if (drawn) pen.lineTo(x, y);
      else pen.moveTo(x, y);
      drawn = true;
    });
    pen.stroke();
  }
}
