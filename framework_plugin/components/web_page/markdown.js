// A small part of Markdown, built as elements: bold, code, links, lists.
import { el } from "./dom.js";

// Masked numbers are full of stars (138****5678): bold begins and ends at a word.
const INLINE = new RegExp(
  [
    "`([^`\\n]+)`",
    "(?<!\\*)\\*\\*(?=[^\\s*])([^*\\n]+?)(?<=[^\\s*])\\*\\*(?!\\*)",
    "\\[([^\\]\\n]+)\\]\\((https?://[^\\s()]+)\\)",
    "(https?://[^\\s<>\"'`()（），。；！？、」』】]+)",
  ].join("|"),
  "g",
);
const ITEM = /^\s*(?:[-*•·]|(\d{1,3})[.、)])\s+(.*)$/;

/** The elements of a text. */
export function rendered(text) {
  const made = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; ) {
    if (lines[at].startsWith("```")) {
      const end = lines.findIndex((line, n) => n > at && line.startsWith("```"));
      const stop = end < 0 ? lines.length : end;
      made.push(el("pre", { tabindex: 0 }, el("code", { text: lines.slice(at + 1, stop).join("\n") })));
      at = stop + 1;
    } else if (ITEM.test(lines[at])) {
      const number = ITEM.exec(lines[at])[1];
      const list = el(number ? "ol" : "ul", { start: number });
      for (let item; at < lines.length && (item = ITEM.exec(lines[at])) && !item[1] === !number; at += 1) {
        list.append(el("li", { value: item[1] }, ...inline(item[2])));
      }
      made.push(list);
    } else if (lines[at].trim()) {
      const paragraph = el("p");
      for (; at < lines.length && lines[at].trim() && !ITEM.test(lines[at]) && !lines[at].startsWith("```"); at += 1) {
        if (paragraph.childNodes.length) paragraph.append(el("br"));
        const heading = /^#{1,4}\s+(.*)$/.exec(lines[at]);
        paragraph.append(...(heading ? [el("strong", {}, ...inline(heading[1]))] : inline(lines[at])));
      }
      made.push(paragraph);
    } else at += 1;
  }
  return made;
}

function inline(text) {
  const made = [];
  let end = 0;
  for (const found of text.matchAll(INLINE)) {
    const [all, code, bold, label, address, bare] = found;
    made.push(text.slice(end, found.index));
    if (code) made.push(el("code", { text: code }));
    else if (bold) made.push(el("strong", { text: bold }));
    else made.push(link(label ?? bare, address ?? bare));
    end = found.index + all.length;
  }
  made.push(text.slice(end));
  return made.filter((part) => part !== "");
}

/** A link to somewhere else; nothing but text if it leads nowhere safe. */
export function link(text, address) {
  return isWeb(address)
    ? el("a", { href: address, text, target: "_blank", rel: "noopener noreferrer nofollow" })
    : el("span", { text });
}

/** Whether an address is one of the web, or a file of this server. */
export function isWeb(address) {
  try {
    return ["http:", "https:"].includes(new URL(address, location.href).protocol);
  } catch {
    return false;
  }
}
