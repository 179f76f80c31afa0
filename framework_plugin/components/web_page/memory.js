// What the assistant remembers of the visitor: seen, corrected, forgotten, taken along.
import * as api from "./api.js";
import { byId, el, icon, twice } from "./dom.js";
import { kindName, locale, t } from "./words.js";

const dates = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric" });
const NARROW = matchMedia("(max-width: 60rem)");

export class Memory {
  /**
   * @param {{title: Function, announce: Function, forgotten: Function}} page
   * @param {Consent} consent
   */
  constructor(page, consent) {
    this.page = page;
    this.consent = consent;
    this.panel = byId("memory");
    this.button = el("button", {
      type: "button", class: "tool", "aria-expanded": "false", "aria-controls": "memory", "aria-label": t("memory"),
      on: { click: () => (this.panel.open ? this.panel.close() : this.#open()) },
    }, icon("memory"), el("span", { class: "label", text: t("memory") }));
    this.panel.addEventListener("close", () => {
      this.button.setAttribute("aria-expanded", "false");
      this.button.focus();
    });
    this.panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.panel.close();
    });
    this.panel.addEventListener("click", (event) => {
      if (event.target === this.panel && NARROW.matches) this.panel.close();
    });
  }

  get isOpen() {
    return this.panel.open;
  }

  /** Reads it anew, if it is in view. */
  async refresh() {
    if (!this.panel.open || this.panel.querySelector("input")) return;
    await this.#show();
  }

  async #open() {
    this.#build();
    if (NARROW.matches) this.panel.showModal();
    else this.panel.show();
    this.button.setAttribute("aria-expanded", "true");
    this.panel.querySelector(".tool").focus();
    await this.#show();
  }

  #build() {
    const close = el("button", { type: "button", class: "tool", "aria-label": t("close"), on: { click: () => this.panel.close() } }, icon("close"));
    this.body = el("div", { class: "body" });
    this.panel.replaceChildren(
      el("div", { class: "top" }, el("h2", { id: "memory-title", text: t("memoryTitle", { name: this.page.title() }) }), close),
      this.body,
      el("div", { class: "acts" },
        el("a", { class: "plain", href: api.exportAddress, download: "memory.json", text: t("export") }),
        twice("plain grave", t("forgetAll"), t("sureForgetAll"), () => this.#forgetAll())),
    );
  }

  async #show() {
    let known;
    try {
      known = (await api.facts()).facts;
    } catch {
      this.body.replaceChildren(el("p", { class: "note", text: t("memoryAway") }));
      return;
    }
    const note = el("p", { class: "note", text: t(known.length ? "memoryNote" : "nothing") });
    const groups = [...new Set(known.map((fact) => fact.kind))].flatMap((kind) => [
      el("h3", { text: kindName("facts", kind) }),
      el("ul", {}, ...known.filter((fact) => fact.kind === kind).map((fact) => this.#fact(fact))),
    ]);
    this.body.replaceChildren(...(known.length || !this.consent.isMissing ? [note] : []), ...groups, ...this.consent.section());
  }

  #fact(fact) {
    const kind = kindName("facts", fact.kind);
    const edit = el("button", {
      type: "button", class: "tool", "aria-label": `${t("edit")}：${kind} ${fact.value}`, title: t("edit"),
      on: { click: () => this.#edit(item, fact, kind) },
    }, icon("edit"));
    const forget = twice("tool", t("forget"), t("sureForget"), () => this.#remove(fact), `${t("forget")}：${kind} ${fact.value}`);
    const item = el("li", { class: "fact" }, el("span", { class: "value", text: fact.value }),
      el("small", { text: dates.format(fact.said_at * 1000) }), edit, forget);
    return item;
  }

  #edit(item, fact, kind) {
    const field = el("input", { type: "text", value: fact.value, maxlength: 60, "aria-label": t("newValue", { kind }) });
    const problem = el("p", { class: "problem", role: "alert", hidden: true });
    const save = async () => {
      if (field.value.trim() === fact.value) return this.#show();
      try {
        await api.correct(fact.id, field.value.trim());
      } catch (refusal) {
        problem.textContent = t(refusal.status === 422 ? "refused" : "broken");
        problem.hidden = false;
        return field.focus();
      }
      this.page.announce(t("edited", { value: field.value.trim() }));
      return this.#show();
    };
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "Enter") save();
      if (event.key === "Escape") {
        event.preventDefault();
        this.#show();
      }
    });
    item.replaceChildren(field,
      el("button", { type: "button", class: "tool", text: t("save"), on: { click: save } }),
      el("button", { type: "button", class: "tool", text: t("cancel"), on: { click: () => this.#show() } }));
    item.after(el("li", {}, problem));
    field.select();
  }

  async #remove(fact) {
    try {
      await api.remove(fact.id);
      this.page.announce(t("forgotten", { value: fact.value }));
    } catch {
      this.page.announce(t("broken"), true);
    }
    await this.#show();
    this.panel.querySelector(".tool").focus();
  }

  async #forgetAll() {
    try {
      await api.forgetAll();
    } catch {
      this.page.announce(t("broken"), true);
      return;
    }
    this.panel.close();
    this.page.forgotten();
  }
}
