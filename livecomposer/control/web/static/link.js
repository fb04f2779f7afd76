// The connection to the session: messages both ways, its clock, and coming back after a loss.

const SLOWEST_RETRY = 8000;
const PING_EVERY = 2000;
const PINGS_KEPT = 8;

export class Link extends EventTarget {
  #socket = null;
  #retry = 250;
  #pings = []; // the last few {trip, offset}, seconds; the quickest is the truest
  #timer = 0;

  /** Whether messages reach the session. */
  get here() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Seconds from a message here to its arrival there. */
  get trip() {
    return this.#pings.length ? this.#best().trip / 2 : 0;
  }

  /** The session's clock, in seconds. */
  now() {
    return performance.now() / 1000 + (this.#pings.length ? this.#best().offset : 0);
  }

  open() {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#socket = socket;
      this.#retry = 250;
      this.#pings = [];
      this.#ping();
      this.#timer = setInterval(() => this.#ping(), PING_EVERY);
      this.#emit("here");
    };
    socket.onmessage = (event) => this.#take(JSON.parse(event.data));
    socket.onclose = (event) => this.#lost(event.reason);
  }

  say(message) {
    if (!this.here) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  play(...bytes) {
    if (this.here) this.#socket.send(new Uint8Array(bytes));
  }

  do(name, value) {
    return this.say(value === undefined ? { do: name } : { do: name, value });
  }

  #take(message) {
    if (message.pong !== undefined) {
      const here = performance.now() / 1000;
      const trip = here - message.pong;
      this.#pings.push({ trip, offset: message.now - (message.pong + trip / 2) });
      if (this.#pings.length > PINGS_KEPT) this.#pings.shift();
      return;
    }
    if (message.hello && !this.#pings.length) {
      this.#pings.push({ trip: 1, offset: message.hello.now - performance.now() / 1000 });
    }
    for (const [name, detail] of Object.entries(message)) this.#emit(name, detail, message);
  }

  #ping() {
    this.say({ ping: performance.now() / 1000 });
  }

  #best() {
    return this.#pings.reduce((best, each) => (each.trip < best.trip ? each : best));
  }

  #lost(reason) {
    clearInterval(this.#timer);
    this.#socket = null;
    this.#emit("lost", { reason, seconds: this.#retry / 1000 });
    setTimeout(() => this.open(), this.#retry * (0.75 + Math.random() / 2));
    this.#retry = Math.min(this.#retry * 2, SLOWEST_RETRY);
  }

  #emit(name, detail, message) {
    this.dispatchEvent(Object.assign(new Event(name), { detail, message }));
  }
}
