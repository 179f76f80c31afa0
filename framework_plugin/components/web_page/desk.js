// The desk: who waits for a person, what led to it, and what is said to them.
import { Talks } from "./desk_talks.js";
import { byId, el } from "./dom.js";
import { locale, t } from "./words.js";

const BASE = new URL("../../handovers/", location.href);
const EVERY = 4000;
const NARROW = matchMedia("(max-width: 48rem)");
const when = new Intl.DateTimeFormat(locale, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });

class Desk {
  constructor() {
    document.documentElement.lang = locale;
    this.room = byId("desk");
    // For this tab alone; closing it logs out.
    this.token = sessionStorage.getItem("desk.token");
    this.name = sessionStorage.getItem("desk.name") ?? "";
    if (this.token) this.#open();
    else this.#login();
  }

  async #ask(method, path, body) {
    const headers = { Authorization: `Bearer ${this.token}` };
    if (body) headers["Content-Type"] = "application/json";
    const answer = await fetch(new URL(path, BASE), { method, headers, cache: "no-store", body: body && JSON.stringify(body) });
    const content = await answer.json().catch(() => ({}));
    if (answer.ok) return content;
    if (answer.status === 401) this.#leave(t("deskWrong"));
    throw new Error(content.error ?? t("deskMissing"));
  }

  #login(problem = "") {
    const name = el("input", { autocomplete: "username", required: true, maxlength: 30, value: this.name });
    const token = el("input", { type: "password", autocomplete: "current-password", required: true });
    const form = el("form", { class: "login" },
      el("h1", { text: t("desk") }),
      el("label", {}, t("deskName"), name),
      el("label", {}, t("deskToken"), token),
      el("p", { class: "problem", role: "alert", text: problem }),
      el("button", { class: "main-act", text: t("deskEnter") }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      [this.name, this.token] = [name.value.trim(), token.value.trim()];
      this.#open();
    });
    this.room.replaceChildren(form);
    (this.name ? token : name).focus();
  }

  #leave(problem = "") {
    clearTimeout(this.timer);
    sessionStorage.removeItem("desk.token");
    this.token = null;
    this.#login(problem);
  }

  async #open() {
    try {
      await this.#ask("GET", "");
    } catch (error) {
      if (this.token) this.#leave(error.message);
      return;
    }
    sessionStorage.setItem("desk.token", this.token);
    sessionStorage.setItem("desk.name", this.name);
    this.waiting = el("ul");
    this.questions = el("ul");
    this.case = el("section", { class: "case", "aria-label": t("deskCase"), tabindex: 0 }, el("p", { class: "empty", text: t("deskChoose") }));
    const queue = el("div", {}, el("h2", { text: t("deskQueue") }), this.waiting, el("h2", { text: t("deskQuestions") }), this.questions);
    const talks = new Talks({
      ask: (path) => this.#ask("GET", path),
      show: (...parts) => this.#read(parts),
      when,
    });
    this.room.replaceChildren(el("div", { class: "bench" },
      el("nav", { class: "lists", "aria-label": t("desk") },
        el("h1", { text: t("desk") }),
        this.#parts(queue, talks), queue, talks.element,
        el("button", { type: "button", class: "plain leave", text: t("deskLeave"), on: { click: () => this.#leave() } })),
      this.case));
    await this.#listQuestions();
    this.#watch();
  }

  /** The buttons that change between those who wait and all conversations. */
  #parts(queue, talks) {
    const button = (text, act) => el("button", { type: "button", class: "plain", text, on: { click: act } });
    const turn = (all) => {
      queue.hidden = all;
      talks.element.hidden = !all;
      waiting.setAttribute("aria-pressed", String(!all));
      everyone.setAttribute("aria-pressed", String(all));
      if (all) talks.open();
    };
    const waiting = button(t("deskWaiting"), () => turn(false));
    const everyone = button(t("deskTalks"), () => turn(true));
    turn(false);
    return el("div", { class: "parts" }, waiting, everyone);
  }

  /** Shows a conversation of the list of all, which nobody is waiting in. */
  #read(parts) {
    this.shown = undefined;
    this.case.replaceChildren(...parts);
    parts[0].focus({ preventScroll: true });
    // On a narrow screen it stands below the list.
    if (NARROW.matches) this.case.scrollIntoView();
    else this.case.scrollTop = this.case.scrollHeight;
  }

  async #watch() {
    try {
      await this.#list();
      if (this.shown) await this.#show(this.shown, false);
    } catch {
      // Tried again below; a wrong token has led back to the login.
    }
    if (this.token) this.timer = setTimeout(() => this.#watch(), EVERY);
  }

  async #list() {
    const { handovers } = await this.#ask("GET", "");
    const seen = JSON.stringify([handovers, this.shown]);
    if (seen === this.listed) return;
    this.listed = seen;
    this.waiting.replaceChildren(...handovers.map((entry) => {
      const state = entry.taken_by ? t("deskWith", { name: entry.taken_by }) : t("deskWaits");
      return el("li", {}, el("button", {
        type: "button", class: "entry", "aria-current": String(entry.id === this.shown), on: { click: () => this.#show(entry.id, true) },
      }, el("span", { text: `${entry.id} · ${t("deskReasons")[entry.reason] ?? entry.reason}` }),
      el("small", { text: `${when.format(entry.asked_at * 1000)} · ${state}` })));
    }));
    if (!handovers.length) this.waiting.append(el("li", { class: "empty", text: t("deskNobody") }));
  }

  async #listQuestions() {
    const { questions } = await this.#ask("GET", "unanswered");
    this.questions.replaceChildren(...questions.slice(-50).reverse().map((one) =>
      el("li", { class: "question" }, one.question, " ", el("small", { text: when.format(one.at * 1000) }))));
    if (!questions.length) this.questions.append(el("li", { class: "empty", text: t("deskNoQuestions") }));
  }

  async #show(id, chosen) {
    const view = await this.#ask("GET", String(id));
    const seen = JSON.stringify(view);
    if (!chosen && seen === this.seen) return;
    this.seen = seen;
    this.shown = id;
    const words = chosen ? "" : this.case.querySelector("textarea")?.value ?? "";
    const writing = !chosen && document.activeElement?.tagName === "TEXTAREA";
    this.case.replaceChildren(
      el("h2", { text: `${view.id} · ${view.sender_id}` }),
      el("pre", { class: "summary", text: view.text }),
      el("ol", { class: "said" }, ...[...view.since, ...view.pending.map((one) => ({ ...one, name: one.speaker, at: one.said_at, pending: true }))].map(said)),
      this.#answer(view, words));
    if (writing) this.case.querySelector("textarea")?.focus();
    if (chosen) await this.#list();
  }

  #answer(view, words) {
    const problem = el("p", { class: "problem", role: "alert" });
    const act = (path, body) => async () => {
      try {
        await this.#ask("POST", `${view.id}/${path}`, body?.());
        if (path === "close") this.shown = undefined;
        if (this.shown) await this.#show(view.id, true);
        else this.case.replaceChildren(el("p", { class: "empty", text: t("deskChoose") }));
        await this.#list();
      } catch (error) {
        problem.textContent = error.message;
      }
    };
    if (view.closed_at) return el("p", { class: "empty", text: t("deskClosed") });
    if (view.taken_by !== this.name) {
      return el("div", { class: "answer" }, problem, el("div", { class: "acts" },
        el("button", { type: "button", class: "main-act", text: t("deskTake"), on: { click: act("take", () => ({ name: this.name })) } })));
    }
    const field = el("textarea", { rows: 3 });
    field.value = words;
    return el("div", { class: "answer" },
      el("label", {}, t("deskSay"), field), problem,
      el("div", { class: "acts" },
        el("button", { type: "button", class: "main-act", text: t("send"), on: { click: act("reply", () => ({ text: field.value })) } }),
        el("button", { type: "button", class: "plain", text: t("deskClose"), on: { click: act("close") } })));
  }
}

function said(one) {
  const who = one.speaker === "user" ? t("deskUser") : one.name ?? t("deskAssistant");
  const state = one.pending ? ` · ${t("deskPending")}` : "";
  return el("li", { class: one.speaker === "user" ? "user" : "" }, el("small", { text: `${who} · ${when.format(one.at * 1000)}${state}` }), el("br"), one.text);
}

new Desk();
