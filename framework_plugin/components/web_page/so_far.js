// The words of what is being said, while it is said.
import * as api from "./api.js";
import { byId, el } from "./dom.js";

// At most once a second, and less often in a long recording.
const EVERY = 1000;
const SHARE = 0.1;
const NEAR = 80;

export class SoFar {
  constructor() {
    this.place = el("p", { class: "so-far", hidden: true, dir: "auto" });
    byId("talk").append(this.place);
  }

  /** Begins with a recording. */
  begin() {
    this.id = api.newId();
    [this.parts, this.sent, this.more, this.sending] = [[], 0, true, false];
    this.beganAt = performance.now();
    this.next = this.beganAt + EVERY;
    this.#show("");
  }

  /** Takes the next part of it. */
  take(part) {
    this.parts.push(part);
    if (!this.more || this.sending || performance.now() < this.next) return;
    this.#send(this.id);
  }

  /** The recording has ended; what it says is told by the whole of it. */
  end() {
    this.more = false;
    this.id = undefined;
  }

  hide() {
    this.end();
    this.#show("");
  }

  async #send(id) {
    const whole = new Blob(this.parts, { type: this.parts[0].type });
    const start = this.sent;
    const now = performance.now();
    this.next = now + Math.max(EVERY, SHARE * (now - this.beganAt));
    this.sending = true;
    try {
      const { text, more } = await api.hearPart(id, start, whole.slice(start, whole.size, whole.type));
      if (this.id !== id) return;
      this.sent = whole.size;
      this.more = more;
      if (text) this.#show(text);
    } catch (refusal) {
      if (this.id !== id) return;
      // Another server has what was before: this one gets all of it.
      if (refusal.status === 409 && start > 0) this.sent = 0;
      else if (refusal.status !== 0) this.more = false;
    } finally {
      if (this.id === id || this.id === undefined) this.sending = false;
    }
  }

  #show(text) {
    const room = byId("talk");
    const following = room.scrollHeight - room.scrollTop - room.clientHeight < NEAR;
    this.place.textContent = text;
    this.place.hidden = !text;
    if (following) room.scrollTop = room.scrollHeight;
  }
}
