// Keyboards that the browser itself can see.

/** Passes every channel message of every input to `play`; says in a line what it found. */
export async function openWebMidi(play, tell) {
  if (!navigator.requestMIDIAccess) {
    tell(window.isSecureContext ? "this browser knows no Web MIDI; Chromium, Edge and Firefox do" : "Web MIDI wants https or this machine's own address");
    return false;
  }
  try {
    const access = await navigator.requestMIDIAccess();
    const listen = () => {
      for (const input of access.inputs.values()) {
        input.onmidimessage = ({ data }) => { if (data[0] >= 0x80 && data[0] < 0xf0) play(...data); };
      }
      tell(access.inputs.size ? `listening to ${[...access.inputs.values()].map((each) => each.name).join(", ")}` : "no keyboard is connected to this computer yet");
    };
    access.onstatechange = listen;
    listen();
    return true;
  } catch {
    tell("the browser was not allowed to use MIDI");
    return false;
  }
}
