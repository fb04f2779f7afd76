// Plays blocks of samples as they come in; a little is held back against unevenness, and what is too late is left out.

const TARGET = 0.045, MOST = 0.16; // seconds waiting: wanted, and allowed
const TOLD_EVERY = 64; // rounds of 128 frames

class Blocks extends AudioWorkletProcessor {
  #blocks = [];
  #at = 0; // frames of the first block that are played
  #waiting = 0; // frames
  #filling = true;
  #round = 0;
  #hush = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => { if (data === "hush") this.#hush = true; else this.#take(new Int16Array(data)); };
  }

  process(_, [[left, right = left]]) {
    if (this.#filling && this.#waiting < TARGET * sampleRate && !this.#hush) return this.#tell();
    this.#filling = false;
    for (let i = 0; i < left.length; i++) {
      if (!this.#blocks.length) { this.#filling = true; break; }
      const block = this.#blocks[0];
      left[i] = block[this.#at * 2] / 32768;
      right[i] = block[this.#at * 2 + 1] / 32768;
      this.#waiting--;
      if (++this.#at * 2 >= block.length) { this.#blocks.shift(); this.#at = 0; }
    }
    if (this.#hush) this.#fade(left, right);
    return this.#tell();
  }

  #take(block) {
    this.#blocks.push(block);
    this.#waiting += block.length / 2;
    while (this.#waiting > MOST * sampleRate && this.#blocks.length > 1) {
      this.#waiting -= this.#blocks.shift().length / 2 - this.#at;
      this.#at = 0;
    }
  }

  // Down to nothing within these frames, so that it does not click; what waits is not played.
  #fade(left, right) {
    for (let i = 0; i < left.length; i++) {
      const share = 1 - (i + 1) / left.length;
      left[i] *= share;
      if (right !== left) right[i] *= share;
    }
    this.#blocks = [];
    this.#at = this.#waiting = 0;
    this.#filling = true;
    this.#hush = false;
  }

  #tell() {
    if (++this.#round % TOLD_EVERY === 0) this.port.postMessage(this.#waiting / sampleRate);
    return true;
  }
}

registerProcessor("blocks", Blocks);
