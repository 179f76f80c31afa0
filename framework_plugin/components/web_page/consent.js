// Whether the visitor may be remembered: asked once, quietly; shown and taken back in the memory.
import * as api from "./api.js";
import { byId, el, kept, twice } from "./dom.js";
import { isWeb } from "./markdown.js";
import { locale, t } from "./words.js";

const dates = new Intl.DateTimeFormat(locale, { year: "numeric", month: "long", day: "numeric" });
const LATER = 7 * 24 * 3600 * 1000;

export class Consent {
  /**
   * @param {object} page
   * @param {() => string} page.title
   * @param {(words: string, seen: boolean) => void} page.announce
   * @param {(agreed: boolean) => Promise} page.settled is called when the visitor has said it
   */
  constructor(page) {
    this.page = page;
    this.bar = byId("ask");
    this.told = null;
  }

  /** Takes what the server tells: null where nobody needs to agree, undefined if it told nothing. */
  take(told) {
    if (told === undefined) return;
    const wasAsking = !this.bar.hidden;
    this.told = told;
    const later = Number(kept.get("consent-later")) || 0;
    const asks = Boolean(told) && told.state === null && Date.now() - later > LATER;
    this.bar.hidden = !asks;
    if (asks && !wasAsking) this.#ask();
  }

  /** Whether nothing is kept, since the visitor has not agreed. */
  get isMissing() {
    return Boolean(this.told) && this.told.state !== "given";
  }

  /** What stands in the memory about it; nothing where nobody needs to agree. */
  section() {
    if (!this.told) return [];
    const { state, at } = this.told;
    const title = el("h3", { text: t("consent") });
    if (state === "given") {
      return [title, el("div", { class: "agreed" }, el("p", { text: t("consentGiven", { day: dates.format(at * 1000) }) }),
        twice("plain grave", t("consentWithdraw"), t("consentSure"), () => this.#say(false)))];
    }
    const said = state === "refused" ? t("consentRefused", { day: dates.format(at * 1000) }) : t("consentNone");
    return [title, el("div", { class: "agreed" }, el("p", { text: said }), ...this.#what(), this.#agree())];
  }

  #ask() {
    const later = el("button", { type: "button", class: "plain", text: t("consentLater"), on: { click: () => this.#later() } });
    this.bar.replaceChildren(
      el("div", { class: "what" }, el("p", {}, el("strong", { text: t("consentAsk", { name: this.page.title() }) })), ...this.#what()),
      el("div", { class: "acts" }, this.#agree(), later));
  }

  /** What is kept and why. */
  #what() {
    const { masks, people, notice } = this.told;
    const parts = [t("consentWhat"), masks && t("consentMasks"), people && t("consentPeople"), t("consentFree")];
    const text = el("p", { text: parts.filter(Boolean).join(t("gap")) });
    if (notice && (isWeb(notice) || notice.startsWith("/"))) {
      text.append(t("gap"), el("a", { href: notice, target: "_blank", rel: "noopener", text: t("consentNotice") }));
    }
    return [text];
  }

  #agree() {
    return el("button", { type: "button", class: "plain main", text: t("consentAgree"), on: { click: () => this.#say(true) } });
  }

  #later() {
    kept.set("consent-later", String(Date.now()));
    this.bar.hidden = true;
    this.page.announce(t("consentLaterSaid"), true);
    byId("say").focus({ preventScroll: true });
  }

  async #say(agrees) {
    try {
      this.take((await api.consent(agrees)).consent);
    } catch {
      this.page.announce(t("broken"), true);
      return;
    }
    await this.page.settled(agrees);
    this.page.announce(t(agrees ? "consentThanks" : "consentGone"), true);
  }
}
