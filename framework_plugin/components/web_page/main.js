// The page: enters, shows what was said, sends what is written.
import * as api from "./api.js";
import { Composer } from "./composer.js";
import { Consent } from "./consent.js";
import { byId, el, icon, kept } from "./dom.js";
import { Log } from "./log.js";
import { Memory } from "./memory.js";
import { Speech } from "./speech.js";
import { Voice } from "./voice.js";
import { switchLanguage, t, translate } from "./words.js";

const THEMES = ["system", "light", "dark"];

class Page {
  constructor() {
    translate();
    this.name = document.title;
    this.waiting = 0;
    this.log = new Log({
      choose: (button) => this.#choose(button),
      again: (message) => this.#again(message),
      announce: (words, seen) => this.announce(words, seen),
      title: () => this.name,
    });
    this.composer = new Composer((text) => this.#send({ text }));
    this.consent = new Consent({
      title: () => this.name,
      announce: (words, seen) => this.announce(words, seen),
      settled: (agreed) => this.#settled(agreed),
    });
    this.memory = new Memory({
      title: () => this.name,
      announce: (words, seen) => this.announce(words, seen),
      forgotten: () => this.#begin().then(() => this.announce(t("allForgotten"), true)),
    }, this.consent);
    this.speech = new Speech();
    this.voice = new Voice({
      send: (text) => this.#send({ text, spoken: true }),
      announce: (words, seen) => this.announce(words, seen),
      began: () => this.speech.hush(),
    });
    byId("seal").textContent = [...this.name].at(-1);
    byId("tools").append(this.memory.button, this.speech.button, themeButton(), languageButton());
    byId("older").addEventListener("click", () => this.#older());
    document.addEventListener("visibilitychange", () => document.hidden || this.#refresh());
  }

  async start() {
    await this.#begin();
    this.composer.focus();
  }

  /** Says something to screen readers; to all, if it is seen too. */
  announce(words, seen = false) {
    byId("spoken").textContent = words;
    if (seen) this.#state(words, 6000);
  }

  async #begin() {
    for (;;) {
      try {
        const entered = await api.enter();
        this.#show(entered);
        // Whoever was forgotten is somebody new, with news of their own.
        this.deafen?.();
        this.deafen = api.listen(entered.last, (news) => this.#hear(news), (open) => this.#reached(open));
        this.composer.open();
        return;
      } catch (refusal) {
        this.#state(t(refusal.status === 0 ? "offline" : "broken"));
        await pause((refusal.wait || 3) * 1000);
      }
    }
  }

  #show({ assistant, messages, before, longest_message: most, voice, consent }) {
    this.assistant = assistant;
    this.consent.take(consent);
    this.voice.allow(voice);
    this.speech.allow(voice);
    this.composer.most = most;
    byId("subtitle").textContent = assistant.subtitle;
    byId("subtitle").hidden = !assistant.subtitle;
    this.log.clear();
    for (const shown of messages) this.log.add(shown, { fresh: false });
    const own = this.log.messages.findLastIndex((one) => one.isOwn);
    for (const message of this.log.messages.slice(0, Math.max(own, 0))) message.closeChoices();
    this.#setOlder(before);
    this.#welcome();
    this.log.toEnd();
    this.#state("");
  }

  #welcome() {
    const room = byId("welcome");
    room.hidden = !this.log.isEmpty;
    if (room.hidden) return;
    const choices = this.assistant.suggestions.map((text) =>
      el("li", {}, el("button", { type: "button", class: "choice", text, on: { click: () => this.#send({ text }) } })));
    room.replaceChildren(
      el("div", { class: "seal", "aria-hidden": "true", text: [...this.name].at(-1) }),
      el("h2", { text: t("greeting", { name: this.name }) }),
      el("p", { text: this.assistant.greeting || t("invitation") }),
      el("ul", { class: "choices" }, ...choices),
    );
  }

  #choose({ title, payload }) {
    this.#send(payload === title ? { text: title } : { text: payload, title });
    this.composer.focus();
  }

  async #send({ text, title, spoken }) {
    this.speech.hush();
    const asked = { id: api.newId(), text, ...(title ? { title } : {}), ...(spoken ? { spoken } : {}) };
    const own = this.log.add({ from: "user", text: title ?? text, spoken, at: Date.now() / 1000, message_id: asked.id });
    own.asked = asked;
    byId("welcome").hidden = true;
    await this.#deliver(own);
  }

  async #again(own) {
    own.settle(own.shown);
    own.asked = { ...own.asked, again: true };
    await this.#deliver(own);
  }

  async #deliver(own) {
    this.#typing(1);
    try {
      const last = await api.say(own.asked, (line) => this.#take(line));
      if (last.type === "failed") {
        own.fail();
        own.asked = { ...own.asked, id: api.newId(), again: false };
        this.announce(t("failedReply"), true);
      } else {
        this.consent.take(last.consent);
        this.log.merge(last.messages);
      }
    } catch (refusal) {
      await this.#recover(own, refusal);
    } finally {
      this.#typing(-1);
      this.memory.refresh();
    }
  }

  #take(line) {
    if (line.type === "reply") this.#said(line.message);
  }

  #said(shown) {
    // What is stored may be shown already, from before it was.
    if (shown.id === undefined) this.log.add({ ...shown, at: Date.now() / 1000 });
    else if (!this.log.merge([shown]).length) return;
    this.#tell(shown);
    this.speech.say(shown.text);
  }

  /** Lets screen readers hear a reply. */
  #tell(shown) {
    if (shown?.from === "bot") byId("spoken").textContent = `${shown.name ?? this.name}：${shown.text ?? t("image")}`;
  }

  /** What to do with a message that the server did not take, or did it? */
  async #recover(own, refusal) {
    if (refusal.status === 401) await api.enter().catch(() => {});
    if (refusal.status === 0 || refusal.status === 409) {
      await pause(1500);
      await this.#refresh();
      if (own.id !== undefined) return;
    }
    own.fail();
    if (refusal.status === 429) this.announce(refusal.wait ? t("slow", { seconds: refusal.wait }) : t("busy"), true);
    else if (refusal.status === 413) this.announce(t("tooLong", { most: this.composer.most }), true);
    else if (refusal.status !== 0) this.announce(t("broken"), true);
  }

  #hear(news) {
    if (news.type === "anew") {
      this.#begin().then(() => this.memory.refresh());
      return;
    }
    if (news.type === "said") this.#said(news.message);
    // A turn of this very page tells its messages itself; what is said is stored a little later.
    if (news.type === "changed" && this.waiting === 0) this.#refresh();
    else if (news.message && news.message.id === undefined) setTimeout(() => this.#refresh(), 1500);
  }

  async #refresh() {
    if (this.waiting > 1) return;
    try {
      const { messages, consent } = await api.history();
      this.consent.take(consent);
      this.#tell(this.log.merge(messages).at(-1)?.shown);
      byId("welcome").hidden = !this.log.isEmpty;
    } catch {
      // The next news will bring it.
    }
  }

  /** Agreed, what was said is stored now; taken back, nothing is there any more. */
  async #settled(agreed) {
    await (agreed ? this.#refresh() : this.#begin());
    await this.memory.refresh();
    if (!this.memory.isOpen) this.composer.focus();
  }

  async #older() {
    try {
      const { messages, before } = await api.history(this.rest);
      this.log.prepend(messages);
      this.#setOlder(before);
    } catch {
      this.announce(t("broken"), true);
    }
  }

  #setOlder(before) {
    this.rest = before;
    byId("older").hidden = !before;
  }

  #typing(change) {
    this.waiting += change;
    byId("typing").hidden = this.waiting === 0;
    byId("typing-words").textContent = this.waiting ? t("typing", { name: this.name }) : "";
    if (this.log.following) this.log.toEnd();
  }

  #reached(open) {
    this.#state(open ? "" : t("offline"));
    if (open && this.wasAway) this.#refresh();
    this.wasAway = !open;
  }

  #state(words, milliseconds = 0) {
    const line = byId("state");
    line.textContent = words;
    line.hidden = !words;
    clearTimeout(this.calm);
    if (milliseconds) this.calm = setTimeout(() => this.#state(""), milliseconds);
  }
}

function themeButton() {
  let theme = kept.get("theme") ?? "system";
  if (!THEMES.includes(theme)) theme = "system";
  const button = el("button", { type: "button", class: "tool" });
  const show = () => {
    button.replaceChildren(icon(theme));
    button.title = t("theme", { which: t(theme) });
    button.setAttribute("aria-label", button.title);
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    kept.set("theme", theme === "system" ? null : theme);
    show();
  });
  show();
  return button;
}

function languageButton() {
  const other = t("language");
  return el("button", { type: "button", class: "tool", text: other === "中文" ? "中" : "EN", "aria-label": other, title: other, on: { click: switchLanguage } });
}

const pause = (milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds));

new Page().start();
