// One message in the conversation.
import * as api from "./api.js";
import { el, icon } from "./dom.js";
import { isWeb, link, rendered } from "./markdown.js";
import { whyPanel } from "./why.js";
import { locale, t } from "./words.js";

const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hour12: false });
let panels = 0;

export class Message {
  /**
   * @param {object} shown as the server tells it
   * @param {{choose: Function, announce: Function, again: Function}} page what it may ask for
   */
  constructor(shown, page) {
    this.page = page;
    this.element = el("li", { class: `message ${shown.from}` });
    this.#build(shown);
  }

  get id() {
    return this.shown.id;
  }

  get isOwn() {
    return this.shown.from === "user";
  }

  /** Takes what the server has stored of it; screen readers hear nothing twice. */
  settle(shown) {
    const same = ["text", "image", "attachment"].every((key) => shown[key] === this.shown[key]);
    this.element.classList.remove("failed", "sending");
    if (!same) this.#build(shown);
    else {
      this.shown = shown;
      this.foot.replaceChildren(...this.#tools());
    }
  }

  /** Marks one's own message as not sent. */
  fail() {
    this.element.classList.add("failed");
    const again = el("button", { type: "button", class: "again", text: t("again"), on: { click: () => this.page.again(this) } });
    this.foot.replaceChildren(el("span", { text: t("failed") }), again);
  }

  /** Its buttons are for now, not for ever. */
  closeChoices() {
    for (const choice of this.element.querySelectorAll(".choice")) choice.disabled = true;
  }

  #build(shown) {
    this.shown = shown;
    this.foot = el("div", { class: "foot" }, ...this.#tools());
    const parts = [this.#name(), this.#bubble(), this.#choices(), this.foot];
    this.element.replaceChildren(...parts.filter(Boolean));
    this.element.classList.toggle("judged", typeof shown.helpful === "boolean");
  }

  #name() {
    if (this.isOwn) return el("span", { class: "unseen", text: `${t("you")}${this.shown.spoken ? ` ${t("bySpeech")}` : "："}` });
    return this.shown.name
      ? el("p", { class: "name", text: this.shown.name })
      : el("span", { class: "unseen", text: `${this.page.title()}：` });
  }

  #bubble() {
    const { text, image, attachment } = this.shown;
    if (this.isOwn) return this.#ownBubble(text);
    const bubble = el("div", { class: "bubble" }, ...rendered(text ?? ""));
    if (image && isWeb(image)) bubble.append(el("img", { src: image, alt: t("image"), loading: "lazy", referrerpolicy: "no-referrer" }));
    if (attachment && isWeb(attachment)) bubble.append(el("p", {}, link(t("attachment"), attachment)));
    return bubble;
  }

  #ownBubble(text) {
    const bubble = el("div", { class: "bubble", text, title: this.shown.at ? clock.format(this.shown.at * 1000) : null });
    if (this.shown.spoken) bubble.prepend(icon("mic"));
    return bubble;
  }

  #choices() {
    if (!this.shown.buttons) return null;
    const choices = this.shown.buttons.map((one) =>
      el("li", {}, el("button", { type: "button", class: "choice", text: one.title, on: { click: () => this.page.choose(one) } })));
    return el("ul", { class: "choices" }, ...choices);
  }

  #tools() {
    const { at, id } = this.shown;
    if (this.isOwn) return [];
    const tools = at ? [el("time", { datetime: new Date(at * 1000).toISOString(), text: clock.format(at * 1000) })] : [];
    // What is not stored can neither be judged nor explained.
    if (!this.shown.why) return tools;
    if (id > 0 && !this.shown.name) tools.push(this.#thumb(true), this.#thumb(false));
    return [...tools, this.#why()];
  }

  #thumb(helpful) {
    const pressed = () => String(this.shown.helpful === helpful);
    return el("button", {
      type: "button", "aria-label": t(helpful ? "helpful" : "unhelpful"), title: t(helpful ? "helpful" : "unhelpful"),
      "aria-pressed": pressed(), on: { click: () => this.#judge(helpful) },
    }, icon(helpful ? "up" : "down"));
  }

  async #judge(helpful) {
    if (this.shown.helpful === helpful) return;
    try {
      const { kept } = await api.judge(this.id, helpful);
      this.page.announce(t(kept ? "thanks" : "notKept"), !kept);
      if (!kept) return;
    } catch {
      this.page.announce(t("broken"), true);
      return;
    }
    this.shown.helpful = helpful;
    this.element.classList.add("judged");
    const thumbs = this.foot.querySelectorAll("[aria-pressed]");
    thumbs[0].setAttribute("aria-pressed", String(helpful));
    thumbs[1].setAttribute("aria-pressed", String(!helpful));
  }

  #why() {
    const id = `why-${(panels += 1)}`;
    const button = el("button", { type: "button", "aria-expanded": "false", "aria-controls": id, text: t("why") });
    button.addEventListener("click", () => {
      const open = this.element.querySelector(".why");
      if (open) open.remove();
      else this.foot.after(whyPanel(this.shown.why, id));
      this.element.classList.toggle("open", !open);
      button.setAttribute("aria-expanded", String(!open));
    });
    return button;
  }
}
