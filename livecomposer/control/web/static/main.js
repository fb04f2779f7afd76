// Puts the page together.

import { Controls } from "./controls.js";
import { Link } from "./link.js";
import { Meters } from "./meters.js";
import { Music, YOU } from "./music.js";
import { elsewhere, Piano } from "./piano.js";
import { Roll } from "./roll.js";
import { Sound } from "./sound.js";
import { Takes } from "./takes.js";
import { openWebMidi } from "./webmidi.js";

const $ = (id) => document.getElementById(id);
const SOON = 0.7; // seconds before a planned note when its key is marked
const YOU_PLAY = 1.2; // seconds after the last key in which "you play" is shown
const MUTED = "Not connected: the page is muted, the instrument is not.";
const ANSWERS = { continue: "it continues", respond: "it answers", accompany: "it plays along" };

const link = new Link();
const music = new Music();
const roll = new Roll($("roll"), music, () => link.now());
const controls = new Controls(document, link, (line) => { $("help").textContent = line; });
const meters = new Meters($("meters"));
const takes = new Takes($("takes"), () => controls.values.tempo);
const sound = new Sound(link, showSound);
const play = (...bytes) => { wake(); link.play(...bytes); };
const piano = new Piano($("piano"), { velocity: $("velocity"), pedal: $("pedal"), octave: $("octave"), down: $("octave-down"), up: $("octave-up") }, { play, music });
let hello = null;
let silentOnPurpose = false;

window.panel = { link, music, sound, takes, roll }; // for whoever looks behind it

link.addEventListener("hello", ({ detail }) => {
  hello = detail;
  controls.build(detail);
  lookForChoices();
  music.begin(detail.past, detail.plan);
  music.answering = detail.answering;
  setBeats(detail.beats);
  $("show-takes").hidden = !detail.record;
  document.body.classList.remove("lost");
  lamp("well", "all is well");
});
link.addEventListener("lost", ({ detail }) => {
  piano.release();
  sound.hush();
  document.body.classList.add("lost");
  takes.working(null);
  lamp("trouble", `${MUTED} Trying again. ${detail.reason ?? ""}`);
});
link.addEventListener("rows", ({ detail, message }) => {
  music.hear(detail, message.now);
  if (message.plan) music.setPlan(message.plan);
  music.answering = message.answering;
});
link.addEventListener("answering", ({ detail }) => { music.answering = detail; });
link.addEventListener("set", ({ detail }) => {
  controls.show(detail);
  if ("panic" in detail) sound.hush(); // whoever asked for it
});
link.addEventListener("beats", ({ detail }) => setBeats(detail));
link.addEventListener("health", ({ detail, message }) => {
  meters.take(detail, message.quantiles);
  music.settle(message.sounding, message.now);
  if (detail.trouble) lamp("trouble", detail.trouble);
  else if (performance.now() > troubleUntil) lamp("well", "all is well");
});
link.addEventListener("ports", lookForChoices);
link.addEventListener("working", ({ detail }) => takes.working(detail));
link.addEventListener("take", () => { if ($("takes").open) takes.list(); });
link.addEventListener("refused", ({ detail }) => refuse(detail));
link.addEventListener("notified", ({ detail }) => {
  $("help").textContent = detail;
  if (!detail.startsWith("learning ")) controls.learned();
});

let troubleUntil = 0;
function lamp(state, text) {
  if (state === "trouble") troubleUntil = performance.now() + 8000;
  $("lamp").dataset.state = state;
  $("lamp-text").textContent = text;
}

let refusing = 0;
function refuse(line) {
  $("refused").textContent = line;
  $("refused").hidden = false;
  clearTimeout(refusing);
  refusing = setTimeout(() => { $("refused").hidden = true; }, 6000);
}

async function lookForChoices() {
  const response = await fetch("/choices").catch(() => null);
  if (response?.ok) controls.offer(await response.json());
}

function setBeats(beats) {
  if (!beats?.running) return void (roll.bars = () => []);
  const bar = (beats.per_bar * 60) / beats.tempo;
  const first = beats.moment - (beats.beat * 60) / beats.tempo;
  roll.bars = (from, to) => {
    const start = Math.ceil((from - first) / bar);
    return Array.from({ length: Math.max(0, Math.floor((to - first) / bar) - start + 1) }, (_, i) => first + (start + i) * bar);
  };
}

// At the press, not at the release; a click without a press is a key's. This page need not wait for the session.
function panic() {
  if (!link.do("panic")) refuse(`${MUTED} Panic there: the key or knob that is bound to it, or Ctrl-C.`);
  sound.hush();
}
$("panic").addEventListener("pointerdown", ({ button }) => { if (!button) panic(); });
$("panic").addEventListener("click", ({ detail }) => { if (!detail) panic(); });

// Where the session has no sound card, the first touch brings the sound into the page.
function wake() {
  if (hello && !hello.sound.card && !sound.on && !silentOnPurpose) sound.start(hello.sound).catch((error) => refuse(error.message));
}

function showSound() {
  $("sound").setAttribute("aria-pressed", sound.on);
  $("sound-ms").textContent = sound.on ? `${Math.round(sound.latency * 1000)} ms` : "";
}

function showWho() {
  const now = link.now();
  const you = now - music.lastKey < YOU_PLAY || music.sounding(YOU).length > 0;
  const mode = controls.values.mode;
  const [who, text] = music.answering && !(you && mode !== "accompany") ? ["it", ANSWERS[mode]] : you ? ["you", "you play"] : ["", "listening"];
  if ($("who").textContent !== text) { $("who").textContent = text; $("who").dataset.who = who; }
  piano.soon(new Set(music.plan.filter((note) => note.start > now && note.start < now + SOON).map((note) => note.pitch)));
}
setInterval(showWho, 80);

const toggle = (button, on) => button.setAttribute("aria-pressed", on);
$("sound").onclick = () => {
  silentOnPurpose = sound.on;
  if (sound.on) sound.stop();
  else if (hello) sound.start(hello.sound).catch((error) => refuse(error.message));
};
$("webmidi").onclick = async () => toggle($("webmidi"), await openWebMidi(play, (line) => { $("help").textContent = line; refuse(line); }));
$("show-takes").onclick = () => takes.show();
$("show-meters").onclick = () => { $("meters").hidden = !$("meters").hidden; toggle($("show-meters"), !$("meters").hidden); };
$("stage-view").onclick = stage;
$("zoom-in").onclick = () => roll.zoom(1 / 1.25);
$("zoom-out").onclick = () => roll.zoom(1.25);

function stage() {
  toggle($("stage-view"), document.body.classList.toggle("stage"));
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape") panic(); // in a dialog too, which it closes
  else if (event.code === "KeyF" && !event.ctrlKey && !event.metaKey && !elsewhere(event)) stage();
});
// A button that was clicked does not keep the space bar from the pedal.
addEventListener("click", (event) => { if (event.detail) event.target.closest?.("button")?.blur(); });

link.open();
