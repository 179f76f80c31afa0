// The conversation: messages in order, days between them, the end in view.
import { byId, el } from "./dom.js";
import { Message } from "./message.js";
import { locale, t } from "./words.js";

const dates = new Intl.DateTimeFormat(locale, { month: "long", day: "numeric", weekday: "long" });
const NEAR = 80;

export class Log {
  /** @param {object} page what messages may ask for */
  constructor(page) {
    this.page = page;
    this.list = byId("log");
    this.room = byId("talk");
    this.messages = [];
    this.room.addEventListener("scroll", () => this.#noteEnd(), { passive: true });
    byId("newest").addEventListener("click", () => this.toEnd(true));
    // Whatever grows, the end stays in view if it was.
    new ResizeObserver(() => this.following && this.toEnd()).observe(this.list);
    new ResizeObserver(() => this.following && this.toEnd()).observe(this.room);
    this.following = true;
  }

  get isEmpty() {
    return this.messages.length === 0;
  }

  has(id) {
    return this.messages.some((one) => one.id === id);
  }

  /** Shows one more message at the end. */
  add(shown, { fresh = true } = {}) {
    if (shown.from === "user") this.closeChoices();
    const message = new Message(shown, this.page);
    const last = this.messages.at(-1);
    message.element.classList.toggle("fresh", fresh);
    message.element.classList.toggle("more", Boolean(last) && !last.isOwn && !message.isOwn);
    const day = this.#dayBetween(last?.shown.at, shown.at);
    if (day) this.list.append(day);
    this.messages.push(message);
    this.list.append(message.element);
    if (message.isOwn) this.toEnd(true);
    else this.#noteEnd();
    return message;
  }

  /** Puts older messages above those that are there; the view does not move. */
  prepend(older) {
    const first = this.messages[0];
    const height = this.room.scrollHeight;
    const parts = [];
    let before;
    const made = older.filter((shown) => !this.has(shown.id)).map((shown) => {
      const message = new Message(shown, this.page);
      message.closeChoices();
      const day = this.#dayBetween(before, shown.at);
      if (day) parts.push(day);
      before = shown.at;
      parts.push(message.element);
      return message;
    });
    if (first && this.list.firstElementChild?.className === "day" && !this.#dayBetween(before, first.shown.at)) {
      this.list.firstElementChild.remove();
    }
    this.list.prepend(...parts);
    this.messages.unshift(...made);
    this.following = false;
    this.room.scrollTop += this.room.scrollHeight - height;
  }

  /** Takes the stored form of messages, and returns those that were not shown yet. */
  merge(stored) {
    const added = [];
    for (const shown of stored.filter((one) => !this.has(one.id))) {
      // What is not stored yet has no number, or one below zero.
      const waiting = this.messages.find((one) => !(one.id > 0)
        && (shown.from === "user" ? one.shown.message_id === shown.message_id : !one.isOwn && one.shown.text === shown.text));
      if (waiting) waiting.settle(shown);
      else added.push(this.add(shown));
    }
    return added;
  }

  closeChoices() {
    for (const message of this.messages) message.closeChoices();
  }

  clear() {
    this.messages = [];
    this.list.replaceChildren();
  }

  toEnd(smooth = false) {
    this.following = true;
    this.room.scrollTo({ top: this.room.scrollHeight, behavior: smooth ? "smooth" : "instant" });
  }

  #noteEnd() {
    const below = this.room.scrollHeight - this.room.scrollTop - this.room.clientHeight;
    this.following = below < NEAR;
    byId("newest").hidden = this.following;
  }

  #dayBetween(before, at) {
    if (!at) return null;
    const day = new Date(at * 1000);
    if (before && new Date(before * 1000).toDateString() === day.toDateString()) return null;
    const now = new Date();
    const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
    const names = { [now.toDateString()]: t("today"), [yesterday.toDateString()]: t("yesterday") };
    return el("li", { class: "day", text: names[day.toDateString()] ?? dates.format(day) });
  }
}
