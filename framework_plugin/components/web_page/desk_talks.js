// All stored conversations: the newest first or by the id of the user, each to be read.
import { el } from "./dom.js";
import { isWeb, link } from "./markdown.js";
import { kindName, t } from "./words.js";

export class Talks {
  /**
   * @param {object} desk
   * @param {(path: string) => Promise<object>} desk.ask reads from the desk
   * @param {(...parts: Node[]) => void} desk.show puts something into the middle
   * @param {Intl.DateTimeFormat} desk.when
   */
  constructor(desk) {
    this.desk = desk;
    this.field = el("input", { type: "search", maxlength: 255, autocomplete: "off" });
    this.list = el("ul");
    this.problem = el("p", { class: "problem", role: "alert" });
    this.more = el("button", { type: "button", class: "plain", text: t("deskMore"), hidden: true, on: { click: () => this.#load(this.rest) } });
    const form = el("form", { class: "search", role: "search" }, el("label", {}, t("deskUserId"), this.field),
      el("button", { class: "plain", text: t("deskSearch") }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.open();
    });
    this.element = el("div", { hidden: true }, form, this.problem, this.list, this.more);
  }

  /** Lists the newest, or those that are sought. */
  async open() {
    this.sought = this.field.value.trim();
    this.list.replaceChildren();
    await this.#load();
    if (!this.list.children.length) this.list.append(el("li", { class: "empty", text: t("deskNoTalks") }));
  }

  async #load(rest) {
    const asked = new URLSearchParams();
    if (this.sought) asked.set("user", this.sought);
    for (const [key, value] of Object.entries(rest ?? {})) asked.set(key, value);
    this.problem.textContent = "";
    try {
      const { conversations, before, after } = await this.desk.ask(`conversations?${asked}`);
      this.list.append(...conversations.map((one) => this.#entry(one)));
      this.rest = before ? { before } : { after };
      this.more.hidden = !before && !after;
    } catch (error) {
      this.problem.textContent = error.message;
    }
  }

  #entry({ user, at, words, channel }) {
    const button = el("button", { type: "button", class: "entry", on: { click: () => this.#read(user, button) } },
      el("span", { text: user }),
      words ? el("span", { class: "words", text: words }) : null,
      el("small", { text: [this.desk.when.format(at * 1000), channel].filter(Boolean).join(" · ") }));
    return el("li", {}, button);
  }

  async #read(user, button) {
    for (const one of this.list.querySelectorAll("[aria-current]")) one.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
    const place = `conversations/${encodeURIComponent(user)}`;
    const said = el("ol", { class: "said" });
    const problem = el("p", { class: "problem", role: "alert" });
    const older = el("button", { type: "button", class: "plain", text: t("older"), hidden: true });
    const load = async (before) => {
      try {
        const page = await this.desk.ask(before ? `${place}?before=${before}` : place);
        said.prepend(...page.messages.map((one) => this.#message(one)));
        older.hidden = !page.before;
        older.onclick = () => load(page.before);
        return page;
      } catch (error) {
        problem.textContent = error.message;
        return { linked: [] };
      }
    };
    const { linked } = await load();
    const others = linked.length ? [el("p", { class: "empty", text: t("deskLinked", { who: linked.join(t("deskAnd")) }) })] : [];
    this.desk.show(el("h2", { tabindex: -1, text: user }), ...others, problem, older, said);
  }

  #message(one) {
    const who = one.from === "user" ? t("deskUser") : one.name ?? t("deskAssistant");
    const line = el("small", { text: [who, this.desk.when.format(one.at * 1000)].join(" · ") });
    if (one.why) line.append(...sourceOf(one.why));
    if (typeof one.helpful === "boolean") line.append(` · ${t(one.helpful ? "helpful" : "unhelpful")}`);
    const item = el("li", { class: one.from === "user" ? "user" : "" }, line, el("br"), one.text ?? "");
    for (const key of ["image", "attachment"]) {
      if (one[key]) item.append(" ", isWeb(one[key]) ? link(t(key), one[key]) : `〔${t(key)}〕`);
    }
    return item;
  }
}

/** Where a reply is from, and how sure it was. */
function sourceOf(why) {
  const parts = [" · ", kindName("kinds", why.kind)];
  const place = [why.title, why.section, why.number].filter(Boolean).join(" › ");
  if (place || why.url) parts.push("：", why.url && isWeb(why.url) ? link(place || why.url, why.url) : place);
  const sure = why.score ?? why.confidence;
  if (typeof sure === "number") parts.push(` · ${t("sure")} ${Math.round(Math.min(Math.max(sure, 0), 1) * 100)}%`);
  return parts;
}
