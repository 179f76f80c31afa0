// Elements made by hand: no text ever becomes markup.

/**
 * Makes an element.
 * @param {string} tag its name
 * @param {object} options `class`, `text`, `on` (handlers by event), or attributes
 * @param {...(Node|string|null)} children what stands in it; null is left out
 */
export function el(tag, options = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") made.className = value;
    else if (name === "text") made.textContent = value;
    else if (name === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

export const byId = (id) => document.getElementById(id);

const SVG = "http://www.w3.org/2000/svg";
const LINES = {
  send: "M5 12h13M12 5l7 7-7 7",
  memory: "M6 3h10a3 3 0 0 1 3 3v15H8a3 3 0 0 1-3-3V4a1 1 0 0 1 1-1zM5 18a3 3 0 0 1 3-3h11M9 8h6",
  light: "M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4M8 12a4 4 0 1 0 8 0 4 4 0 1 0-8 0",
  dark: "M20 14.5A8.5 8.5 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  close: "M6 6l12 12M18 6 6 18",
  edit: "M4 20l1-4L16 5l3 3L8 19z",
  mic: "M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5.500 11.500a6.500 6.500 0 0 0 13 0M12 18v3",
  loud: "M4 9.500v5h3.500L12 18.500v-13L7.500 9.500zM15.500 9a4 4 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11",
  quiet: "M4 9.500v5h3.500L12 18.500v-13L7.500 9.500zM16 9.500l5 5M21 9.500l-5 5",
  up: "M7 11v9H4v-9zM7 11l4-7c1.500 0 2.500 1 2 3l-.7 3H18a2 2 0 0 1 2 2.400l-1.200 6a2 2 0 0 1-2 1.600H7",
  down: "M7 13V4H4v9zM7 13l4 7c1.500 0 2.500-1 2-3l-.7-3H18a2 2 0 0 0 2-2.400l-1.200-6A2 2 0 0 0 16.800 4H7",
};

/** A drawing of one line, which says nothing to screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "1.7",
    "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  })) svg.setAttribute(key, value);
  path.setAttribute("d", LINES[name]);
  svg.append(path);
  return svg;
}

/** A button that does something only when it is pressed a second time. */
export function twice(style, text, question, act, label = text) {
  let asked = 0;
  const button = el("button", { type: "button", class: style, text, "aria-label": label });
  const calm = () => {
    asked = 0;
    button.textContent = text;
    button.setAttribute("aria-label", label);
    button.classList.remove("sure");
  };
  button.addEventListener("blur", calm);
  button.addEventListener("click", () => {
    if (asked) return act();
    asked = 1;
    button.textContent = question;
    button.setAttribute("aria-label", question);
    button.classList.add("sure");
    return undefined;
  });
  return button;
}

/** What is kept in the browser between visits; nothing, where it keeps nothing. */
export const kept = {
  get(key) {
    try {
      return localStorage.getItem(`chat.${key}`);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      if (value === null) localStorage.removeItem(`chat.${key}`);
      else localStorage.setItem(`chat.${key}`, value);
    } catch {
      // It holds until the page is closed.
    }
  },
};
