// The session's sound in this page. An AudioWorklet where the browser allows one (https, or this machine's own
// address); else blocks are lined up one behind the other.

const AHEAD = 0.06, MOST_AHEAD = 0.25; // seconds, without a worklet

export class Sound {
  peak = 0; // of the last block, 0 to 1
  blocks = 0;
  longestHush = 250; // milliseconds, where no silence comes because others play on; a test may want longer
  #context = null;
  #socket = null;
  #waiting = 0;
  #way = { pour() {}, hush() {} };
  #hushed = -Infinity; // when blocks made before a panic were last left out

  constructor(link, told) {
    this.link = link;
    this.told = told;
  }

  get on() {
    return this.#context !== null;
  }

  /** Seconds from the session to the ear, as far as they are known. */
  get latency() {
    const { baseLatency = 0, outputLatency = 0 } = this.#context ?? {};
    return this.#waiting + this.link.trip + 0.012 + baseLatency + (outputLatency || 0);
  }

  /** Only in answer to a gesture: browsers want that. */
  async start({ rate }) {
    if (this.on) return;
    this.#context = new AudioContext({ sampleRate: rate, latencyHint: "interactive" });
    await this.#context.resume();
    this.#way = this.#context.audioWorklet ? await this.#worklet() : this.#lined(rate);
    this.#connect();
    this.told();
  }

  stop() {
    const context = this.#context;
    this.#context = null;
    this.#socket?.close();
    context?.close();
    this.told();
  }

  /** Silence, at once: what waits here and what is still on its way from before the panic is not played. */
  hush() {
    this.#way.hush();
    this.#hushed = performance.now();
    this.peak = 0;
  }

  #connect() {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/sound`);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => { if (this.#heard(data)) this.#way.pour(data); };
    socket.onclose = () => { if (this.on) setTimeout(() => this.on && this.#connect(), 1000); };
    this.#socket = socket;
  }

  // Whether a block is played: after a panic none is, until the session's own silence has come.
  #heard(data) {
    const block = new Int16Array(data);
    let peak = 0;
    for (let i = 0; i < block.length; i += 8) peak = Math.max(peak, Math.abs(block[i]));
    if (++this.blocks % 40 === 0) this.told();
    if (!this.link.here) return false; // a page that cannot panic does not sound
    if (performance.now() - this.#hushed < this.longestHush && peak) return false;
    this.#hushed = -Infinity;
    this.peak = peak / 32768;
    return true;
  }

  async #worklet() {
    await this.#context.audioWorklet.addModule("worklet.js");
    const node = new AudioWorkletNode(this.#context, "blocks", { outputChannelCount: [2] });
    node.port.onmessage = ({ data }) => { this.#waiting = data; };
    node.connect(this.#context.destination);
    return { pour: (data) => node.port.postMessage(data, [data]), hush: () => node.port.postMessage("hush") };
  }

  #lined(rate) {
    const context = this.#context;
    let next = 0, out = null;
    const hush = () => {
      out?.disconnect();
      out = new GainNode(context);
      out.connect(context.destination);
      next = 0;
    };
    hush();
    const pour = (data) => {
      const block = new Int16Array(data);
      const buffer = context.createBuffer(2, block.length / 2, rate);
      for (const side of [0, 1]) {
        const samples = buffer.getChannelData(side);
        for (let i = 0; i < samples.length; i++) samples[i] = block[i * 2 + side] / 32768;
      }
      if (next < context.currentTime) next = context.currentTime + AHEAD;
      if (next > context.currentTime + MOST_AHEAD) return;
      const source = new AudioBufferSourceNode(context, { buffer });
      source.connect(out);
      source.start(next);
      next += buffer.duration;
      this.#waiting = next - context.currentTime;
    };
    return { pour, hush };
  }
}
