// Takes: listed, played, downloaded; edited, and continued or accompanied from what was edited.

import { Edit } from "./edit.js";
import { Sheet } from "./sheet.js";

const LAYOUT = `
<div class="take-list"><header><h2>takes</h2></header><ul id="list"></ul></div>
<div class="editor">
  <header><h2 id="title">choose a take</h2><button type="button" id="close" class="tool" aria-label="Close">close</button></header>
  <div class="toolbar" id="toolbar" hidden>
    <label>part <select id="part"></select></label>
    <span class="group"><button type="button" id="undo-edit">undo</button><button type="button" id="redo-edit">redo</button><button type="button" id="delete">delete</button></span>
    <label>touch <input id="note-velocity" type="range" min="1" max="127" value="80"></label>
    <span class="group"><select id="grid" aria-label="Grid"><option value="0.25">1/8</option><option value="0.125" selected>1/16</option><option value="0.1666667">triplet</option><option value="0.0625">1/32</option></select><button type="button" id="quantise">quantise</button></span>
    <span class="group"><button type="button" id="play">play</button><button type="button" id="stop">stop</button></span>
    <span class="group"><a id="midi" download>MIDI</a><a id="wav" download>WAV</a></span>
  </div>
  <canvas id="sheet" tabindex="0" role="application" aria-label="Notes of the take. Arrows move the selected note, shift with left and right stretches it, N selects the next, delete removes it, control Z undoes."></canvas>
  <footer id="make" hidden>
    <button type="button" id="continue" class="strong">continue from here</button>
    <button type="button" id="accompany" class="strong">accompany this</button>
    <label>for <input id="seconds" type="number" min="1" max="120" value="12"> s</label>
    <button type="button" id="save">keep as a new take</button>
    <p id="doing" role="status" aria-live="polite"></p>
    <progress id="share" max="100" value="0" aria-label="How much is done" hidden></progress>
    <button type="button" id="cancel" hidden>cancel</button>
  </footer>
</div>`;

async function ask(path, body) {
  const how = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, how);
  const said = await response.json().catch(() => ({ error: "the session did not answer" }));
  if (!response.ok) throw new Error(said.error);
  return said;
}

export class Takes {
  #name = "";

  constructor(dialog, tempo) {
    this.dialog = dialog;
    dialog.innerHTML = LAYOUT;
    this.$ = (id) => dialog.querySelector(`#${id}`);
    this.sheet = new Sheet(this.$("sheet"), () => this.#show());
    this.$("close").onclick = () => dialog.close();
    const edits = {
      "undo-edit": (edit) => edit.undo(), "redo-edit": (edit) => edit.redo(),
      delete: (edit) => { edit.mark(); edit.remove(); },
      quantise: (edit) => { edit.mark(); edit.quantise(Number(this.$("grid").value) * (120 / tempo())); }, // a grid's value is seconds at 120
    };
    for (const [id, change] of Object.entries(edits)) this.$(id).onclick = () => { change(this.edit); this.#show(); };
    this.$("part").onchange = ({ target }) => { this.edit.part = target.value; this.edit.selected.clear(); this.#show(); };
    this.$("note-velocity").onchange = ({ target }) => { this.edit.mark(); this.edit.velocity(Number(target.value)); this.#show(); };
    this.$("play").onclick = () => this.#try(() => ask("/takes/play", { name: this.#name, parts: this.edit.rows(), at: this.#from() }));
    this.$("cancel").onclick = () => this.#try(() => ask("/takes/cancel", {}));
    this.$("stop").onclick = () => this.#try(() => ask("/takes/stop", {}));
    this.$("save").onclick = () => this.#make("keeping it", "/takes", {});
    this.$("continue").onclick = () => this.#make("the companion continues", "/takes/compose", { how: "continue", at: this.sheet.at, seconds: Number(this.$("seconds").value) });
    this.$("accompany").onclick = () => this.#make("the companion plays along", "/takes/compose", { how: "accompany", melody: this.#melody() });
  }

  async show() {
    this.dialog.showModal();
    await this.list();
  }

  /** How far a piece of work is, in percent; null once it is over. Other pages' work too: there is one at a time. */
  working(share) {
    this.$("share").hidden = this.$("cancel").hidden = share === null;
    this.$("share").value = share ?? 0;
  }

  async list() {
    await this.#try(async () => {
      const { takes } = await ask("/takes");
      this.$("list").replaceChildren(...takes.map((take) => this.#row(take)));
      if (!takes.length) this.$("list").append(Object.assign(document.createElement("li"), { className: "none", textContent: "No take yet: this one is kept when the session ends, and every exchange when you press keep." }));
    });
  }

  #row({ name, changed }) {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const when = new Date(changed * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    button.append(name.replace(/\.mid$/, ""), Object.assign(document.createElement("small"), { textContent: when }));
    button.setAttribute("aria-current", name === this.#name);
    button.onclick = () => this.open(name);
    const item = document.createElement("li");
    item.append(button);
    return item;
  }

  async open(name) {
    await this.#try(async () => {
      const { parts, remarks } = await ask(`/takes/${encodeURIComponent(name)}`);
      this.#name = name;
      this.edit = new Edit(parts);
      this.$("title").textContent = name.replace(/\.mid$/, "");
      this.$("toolbar").hidden = this.$("make").hidden = false;
      this.$("midi").href = `/takes/${encodeURIComponent(name)}/midi`;
      this.$("wav").href = `/takes/${encodeURIComponent(name)}/wav`;
      this.sheet.open(this.edit);
      this.#show();
      if (remarks.length) this.$("doing").textContent = remarks.join("; ");
      await this.list();
    });
  }

  // What is accompanied: the performer's part, or where there is none, whatever else is not the companion's.
  #melody() {
    const { parts, part } = this.edit;
    return ["performer", part, ...Object.keys(parts)].find((name) => name !== "companion" && parts[name].length) ?? "performer";
  }

  // "Here" at the very end plays from the beginning.
  #from() {
    return this.sheet.at >= this.edit.seconds - 0.05 ? 0 : this.sheet.at;
  }

  async #make(doing, path, wish) {
    this.$("doing").textContent = `${doing} …`;
    const stem = this.#name.replace(/\.mid$/, "").replace(/_\d+$/, "").slice(0, 40);
    for (const id of ["continue", "accompany", "save"]) this.$(id).disabled = true;
    await this.#try(async () => {
      const { take, cancelled } = await ask(path, { parts: this.edit.rows(), stem, ...wish });
      if (cancelled) return void (this.$("doing").textContent = cancelled);
      await this.open(take);
      this.$("doing").textContent = `made ${take.replace(/\.mid$/, "")}`;
    });
    for (const id of ["continue", "accompany", "save"]) this.$(id).disabled = false;
  }

  #show() {
    const { edit } = this;
    const options = Object.keys(edit.parts).map((name) => Object.assign(document.createElement("option"), { value: name, textContent: name }));
    this.$("part").replaceChildren(...options);
    this.$("part").value = edit.part;
    this.$("doing").textContent = edit.changed ? "edited; the take itself stays as it was" : "";
    const [one] = edit.selected;
    if (one) this.$("note-velocity").value = one.velocity;
    this.sheet.draw();
  }

  async #try(work) {
    try {
      await work();
    } catch (error) {
      this.$("doing").textContent = error.message;
      this.$("make").hidden = false;
    }
  }
}
