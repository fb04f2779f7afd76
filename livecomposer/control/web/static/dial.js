// A dial: drag up and down, turn the wheel, use the arrow keys; twice on it goes back to what it was made for.

const FROM = -135, TO = 135; // degrees
const DRAG = 180; // pixels for the whole range
const SVG = "http://www.w3.org/2000/svg";

function draw(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function point(degrees, radius) {
  const angle = ((degrees - 90) * Math.PI) / 180;
  return `${50 + radius * Math.cos(angle)} ${50 + radius * Math.sin(angle)}`;
}

const arc = (to) => `M ${point(FROM, 42)} A 42 42 0 ${to - FROM > 180 ? 1 : 0} 1 ${point(to, 42)}`;

/** Where a value lies in its range, 0 to 1; wide ranges are turned by ratio, not by difference. */
export function shareOf({ low, high }, value) {
  if (low > 0 && high / low > 30) return Math.log(value / low) / Math.log(high / low);
  return (value - low) / (high - low);
}

export function valueAt({ low, high, whole }, share) {
  const at = Math.min(1, Math.max(0, share));
  const value = low > 0 && high / low > 30 ? low * (high / low) ** at : low + at * (high - low);
  const step = whole ? 1 : value < 2 ? 0.01 : value < 20 ? 0.1 : 1;
  return Math.min(high, Math.max(low, Number((Math.round(value / step) * step).toFixed(2))));
}

export class Dial {
  constructor(command, label, turned) {
    this.command = command;
    this.turned = turned;
    this.element = document.createElement("div");
    Object.assign(this.element, { className: "dial", tabIndex: 0 });
    this.element.setAttribute("role", "slider");
    this.element.setAttribute("aria-label", label);
    this.element.setAttribute("aria-valuemin", command.low);
    this.element.setAttribute("aria-valuemax", command.high);
    this.element.dataset.name = command.name;
    const svg = draw("svg", { viewBox: "0 0 100 100", "aria-hidden": "true" });
    this.arc = draw("path", { class: "arc" });
    this.hand = draw("line", { class: "hand", x1: 50, y1: 30, x2: 50, y2: 18 });
    svg.append(draw("path", { class: "rim", d: arc(TO) }), this.arc, draw("circle", { class: "cap", cx: 50, cy: 50, r: 33 }), this.hand);
    this.number = document.createElement("b");
    const name = Object.assign(document.createElement("span"), { textContent: label });
    this.element.append(svg, this.number, name);
    this.#listen();
  }

  show(value) {
    this.value = value;
    const degrees = FROM + (TO - FROM) * Math.min(1, Math.max(0, shareOf(this.command, value)));
    this.arc.setAttribute("d", arc(degrees));
    this.hand.setAttribute("transform", `rotate(${degrees} 50 50)`);
    const { unit } = this.command;
    this.number.textContent = `${Number(value.toFixed(2))}${unit ? ` ${unit}` : ""}`;
    this.element.setAttribute("aria-valuenow", value);
    this.element.setAttribute("aria-valuetext", this.number.textContent);
  }

  #turn(share) {
    const value = valueAt(this.command, share);
    if (value === this.value) return;
    this.show(value);
    this.turned(value);
  }

  #step(steps) {
    const share = shareOf(this.command, this.value) + steps / 50;
    const value = valueAt(this.command, share);
    if (value !== this.value || !this.command.whole) this.#turn(share);
    else this.#set(Math.min(this.command.high, Math.max(this.command.low, this.value + Math.sign(steps))));
  }

  #set(value) {
    this.show(value);
    this.turned(value);
  }

  #listen() {
    const { element } = this;
    let from = null;
    element.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      from = { y: event.clientY, share: shareOf(this.command, this.value) };
      element.setPointerCapture(event.pointerId);
    });
    element.addEventListener("pointermove", (event) => {
      if (from) this.#turn(from.share + (from.y - event.clientY) / (event.shiftKey ? DRAG * 5 : DRAG));
    });
    for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, () => { from = null; });
    element.addEventListener("wheel", (event) => { event.preventDefault(); this.#step(event.deltaY < 0 ? 1 : -1); }, { passive: false });
    element.addEventListener("dblclick", () => { if (this.command.default !== undefined) this.#set(this.command.default); });
    element.addEventListener("keydown", (event) => {
      const steps = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 5, PageDown: -5 }[event.key];
      if (event.key === "Home") this.#turn(0);
      else if (event.key === "End") this.#turn(1);
      else if (steps) this.#step(steps);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }
}
