// Buttons, dials and the rest, made from the session's own table of commands.

import { Dial } from "./dial.js";

// DeepComposer's words for the seven controls.
const DIALS = {
  threshold: "threshold", creative_risk: "creative risk", input_duration: "input duration",
  extension_duration: "extension duration", max_rest: "longest rest", max_note: "note length",
};
const ACTIONS = ["trigger", "yield", "begin", "mute", "undo", "reroll", "keep", "loop", "freeze", "tap"];
const WORDS = { reroll: "re-roll", trigger: "its turn", yield: "your turn" };
const CHOSEN = { input: "you play", output: "sounds on", soundfont: "SoundFont", model: "model" };
const ELSEWHERE = new Set([...Object.keys(DIALS), ...ACTIONS, ...Object.keys(CHOSEN), "panic", "mode", "sampling"]);
const EVERY = 40; // milliseconds between two messages of a dial that is turned
const LEARNING = 30_000; // milliseconds for which the session waits for a knob

const make = (tag, properties = {}, ...inside) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...inside);
  return element;
};
const plain = (name) => name.replaceAll("_", " ");

export class Controls {
  #shown = new Map(); // name to a function that shows its value
  #pending = new Map();
  #options = {}; // what there is to choose from, by name: pairs of a value and its words
  values = {};

  constructor(root, link, help) {
    this.root = root;
    this.link = link;
    this.help = help;
    this.$ = (id) => root.getElementById(id);
    this.$("preset").addEventListener("change", ({ target }) => { if (target.value) link.say({ preset: target.value }); });
    for (const type of ["pointerover", "focusin"]) root.addEventListener(type, (event) => this.#explain(event.target));
    root.addEventListener("contextmenu", (event) => this.#learn(event));
  }

  build({ commands, values, presets, start }) {
    this.commands = Object.fromEntries(commands.map((command) => [command.name, command]));
    this.#shown.clear();
    this.#segments(this.$("mode"), "mode");
    this.#technique();
    this.$("actions").replaceChildren(...ACTIONS.filter((name) => this.commands[name]).map((name) => this.#button(name)));
    this.$("panic").dataset.name = "panic";
    this.$("dials").replaceChildren(...Object.entries(DIALS).map(([name, label]) => this.#dial(name, label)));
    this.$("more").replaceChildren(...commands.filter(({ name }) => !ELSEWHERE.has(name)).map((command) => this.#row(command)));
    this.$("preset").replaceChildren(make("option", { value: "", textContent: "choose…" }), ...presets.map((name) => make("option", { value: name, textContent: plain(name).replaceAll("-", " ") })));
    this.$("choices").replaceChildren(...Object.entries(CHOSEN).filter(([name]) => this.commands[name]).map(([name, label]) => this.#choice(name, label)));
    this.$("start").replaceChildren(...start.flatMap(({ name, value, how }) => [make("dt", { textContent: plain(name) }), make("dd", {}, value, make("small", { textContent: ` · ${how}` }))]));
    this.show(values);
  }

  show(values) {
    for (const [name, value] of Object.entries(values)) {
      if (value === null) this.#flash(name);
      else if (value !== undefined) this.values[name] = value;
      this.#shown.get(name)?.(value);
    }
  }

  // A dial that is turned says no more than it must; the last value always arrives.
  #turn(name, value) {
    const waiting = this.#pending.has(name);
    this.#pending.set(name, value);
    if (waiting) return;
    this.link.do(name, value);
    this.#pending.set(name, undefined);
    setTimeout(() => {
      const last = this.#pending.get(name);
      this.#pending.delete(name);
      if (last !== undefined) this.link.do(name, last);
    }, EVERY);
  }

  #button(name) {
    const command = this.commands[name];
    const button = make("button", { type: "button", textContent: WORDS[name] ?? name });
    button.dataset.name = name;
    button.addEventListener("click", () => this.link.do(name));
    if (command.kind === "switch") this.#shown.set(name, (on) => button.setAttribute("aria-pressed", Boolean(on)));
    return button;
  }

  #segments(box, name) {
    const buttons = this.commands[name].choices.map((choice) => {
      const button = make("button", { type: "button", textContent: choice === "topk" ? "top k" : choice });
      button.setAttribute("role", "radio");
      button.addEventListener("click", () => this.link.do(name, choice));
      return [choice, button];
    });
    box.dataset.name = name;
    box.replaceChildren(...buttons.map(([, button]) => button));
    box.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const { choices } = this.commands[name];
      const next = (choices.indexOf(this.values[name]) + step + choices.length) % choices.length;
      this.link.do(name, choices[next]);
      buttons[next][1].focus();
      event.stopPropagation();
    };
    this.#shown.set(name, (value) => {
      for (const [choice, button] of buttons) {
        button.setAttribute("aria-checked", choice === value);
        button.tabIndex = choice === value ? 0 : -1;
      }
    });
  }

  #technique() {
    const box = make("div", { className: "segments" });
    box.setAttribute("role", "radiogroup");
    box.setAttribute("aria-label", "technique");
    this.$("technique").replaceChildren(make("span", { className: "caption", textContent: "technique" }), box);
    this.#segments(box, "sampling");
  }

  #dial(name, label) {
    const dial = new Dial(this.commands[name], label, (value) => this.#turn(name, value));
    this.#shown.set(name, (value) => { if (!this.#pending.has(name)) dial.show(value); });
    return dial.element;
  }

  #row(command) {
    const { name, kind, low, high, unit, whole, choices } = command;
    const label = make("label", { textContent: plain(name) + (unit ? ` (${unit})` : ""), htmlFor: `set-${name}` });
    let field;
    if (kind === "action" || kind === "switch") return make("div", { className: "row" }, label, this.#button(name));
    if (kind === "choice") field = make("select", {}, ...choices.map((choice) => make("option", { textContent: choice })));
    else if (kind === "number") field = make("input", { type: "number", min: low, max: high, step: whole ? 1 : "any" });
    else field = make("input", { type: "text", maxLength: 200 });
    field.id = `set-${name}`;
    field.dataset.name = name;
    field.addEventListener("change", () => this.link.do(name, kind === "number" ? field.valueAsNumber : field.value));
    this.#shown.set(name, (value) => { field.value = value; });
    return make("div", { className: "row" }, label, field, make("small", { textContent: command.meaning }));
  }

  #choice(name, label) {
    const select = make("select", { id: `set-${name}` });
    select.dataset.name = name;
    select.addEventListener("change", () => this.link.do(name, select.value));
    this.#shown.set(name, (value) => {
      const options = [...(this.#options[name] ?? [])];
      if (!options.some(([each]) => each === value)) options.push([value, value]);
      select.replaceChildren(...options.map(([each, words]) => make("option", { value: each, textContent: words })));
      select.value = value;
    });
    return make("div", { className: "choice" }, make("label", { textContent: label, htmlFor: select.id }), select);
  }

  /** What there is to choose from has changed. */
  offer(options) {
    this.#options = options;
    for (const name of Object.keys(CHOSEN)) if (name in this.values) this.#shown.get(name)?.(this.values[name]);
  }

  /** Nothing waits for a knob any more. */
  learned() {
    for (const on of this.root.querySelectorAll(".learning")) on.classList.remove("learning");
  }

  #flash(name) {
    const button = this.root.querySelector(`button[data-name="${name}"]`);
    button?.classList.add("flash");
    setTimeout(() => button?.classList.remove("flash"), 140);
  }

  #explain(target) {
    const name = target.closest?.("[data-name]")?.dataset.name;
    const command = name && this.commands?.[name];
    if (!command) return;
    const range = command.kind === "number" ? ` (${command.low}–${command.high}${command.unit ? ` ${command.unit}` : ""})` : "";
    this.help(`${WORDS[name] ?? DIALS[name] ?? CHOSEN[name] ?? plain(name)}: ${command.meaning}${range}`);
  }

  #learn(event) {
    const on = event.target.closest?.("[data-name]");
    if (!on || !this.commands?.[on.dataset.name]) return;
    event.preventDefault();
    this.learned();
    this.link.say({ learn: on.dataset.name });
    on.classList.add("learning");
    setTimeout(() => on.classList.remove("learning"), LEARNING);
    this.help(`${plain(on.dataset.name)}: move a knob or press a key of your controller to bind it`);
  }
}
