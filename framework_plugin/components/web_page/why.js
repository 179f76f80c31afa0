// Why a reply was given: where it is from, how sure it was, what it looked at.
import { el } from "./dom.js";
import { link } from "./markdown.js";
import { kindName, t } from "./words.js";

/** The panel below a reply. */
export function whyPanel(why, id) {
  const rows = el("dl");
  const row = (word, ...content) => rows.append(el("dt", { text: t(word) }), el("dd", {}, ...content));
  const origin = why.origin === "recalled" || why.origin === "searched" ? `（${t(why.origin)}）` : "";
  row("from", kindName("kinds", why.kind) + origin);
  const where = [why.title, why.section, why.number, why.name].filter(Boolean).join(" › ");
  if (where || why.url) row("source", why.url ? link(where || why.url, why.url) : where);
  if (why.memory) row("remembered", why.memory.map((kind) => kindName("facts", kind)).join("、"));
  const sure = why.score ?? why.confidence;
  if (typeof sure === "number") row("sure", ...share(sure, t("sure")));
  if (why.intent) row("understood", why.intent.name, ...percentOf(why.intent.confidence));
  if (typeof why.milliseconds === "number") row("waited", t("milliseconds", { n: Math.round(why.milliseconds) }));
  return el("div", { class: "why", id, role: "group", "aria-label": t("why") }, rows, ...heatLine(why));
}

/** A word as the network reads it, in words for people: facts and speakers have marks. */
function readable(word) {
  const fact = /^\{(\w+)\}$/.exec(word);
  if (fact) return `〈${kindName("facts", fact[1])}〉`;
  const mark = /^<(\w+)>$/.exec(word);
  return mark ? kindName("marks", mark[1]) : word;
}

function share(value, label) {
  const shown = Math.min(Math.max(value, 0), 1);
  return [el("meter", { min: 0, max: 1, value: shown, "aria-label": label }), percent(shown)];
}

const percent = (value) => `${Math.round(value * 100)}%`;
const percentOf = (value) => (typeof value === "number" ? [` · ${percent(value)}`] : []);

function heatLine(why) {
  if (!why.words?.length) return [];
  const line = el("ol", { class: "heat" });
  for (const word of why.words) {
    const made = el("li", {}, el("span", { text: readable(word.text) }));
    if (word.looked_at) made.append(el("span", { class: "looked", text: readable(word.looked_at) }));
    made.style.setProperty("--sure", String(word.sure ?? 0));
    line.append(made);
  }
  const copied = (why.copied ?? []).map((one) => one.from);
  return [
    el("p", { class: "part", text: t("words") }),
    line,
    el("p", { text: t("wordsNote") }),
    ...(copied.length ? [el("p", { text: t("copied", { what: [...new Set(copied)].join("、") }) })] : []),
  ];
}
