// Replies read out, where the visitor wishes it.
import * as api from "./api.js";
import { el, icon, kept } from "./dom.js";
import { t } from "./words.js";

export class Speech {
  constructor() {
    this.wished = kept.get("speech") === "on";
    this.waiting = [];
    this.player = new Audio();
    this.button = el("button", { type: "button", class: "tool", hidden: true, on: { click: () => this.#switch() } });
    this.#show();
  }

  /** Takes what the server tells of itself. */
  allow({ speaks }) {
    this.button.hidden = !speaks;
    this.able = speaks;
  }

  /** Reads out a reply after those before it. */
  say(text) {
    if (!this.able || !this.wished || !text) return;
    this.waiting.push(text);
    if (this.waiting.length === 1) this.#next();
  }

  /** Is silent: somebody else speaks now. */
  hush() {
    this.waiting = [];
    this.player.pause();
    this.ended?.();
  }

  #switch() {
    this.wished = !this.wished;
    kept.set("speech", this.wished ? "on" : null);
    if (!this.wished) this.hush();
    this.#show();
  }

  #show() {
    const name = t(this.wished ? "speechOn" : "speechOff");
    this.button.replaceChildren(icon(this.wished ? "loud" : "quiet"));
    this.button.title = name;
    this.button.setAttribute("aria-label", t("speech"));
    this.button.setAttribute("aria-pressed", String(this.wished));
  }

  async #next() {
    const text = this.waiting[0];
    try {
      const sound = await api.speech(text);
      if (this.waiting[0] === text) await this.#play(sound);
    } catch {
      // What cannot be spoken stands there all the same.
    }
    if (this.waiting[0] !== text) return;
    this.waiting.shift();
    if (this.waiting.length) this.#next();
  }

  async #play(sound) {
    const address = URL.createObjectURL(sound);
    try {
      this.player.src = address;
      await this.player.play();
      await new Promise((done) => {
        this.ended = done;
        this.player.onended = done;
        this.player.onerror = done;
      });
    } finally {
      this.ended = undefined;
      URL.revokeObjectURL(address);
    }
  }
}
