// The field where one writes.
import { byId, icon } from "./dom.js";
import { t } from "./words.js";

export class Composer {
  /** @param {(text: string) => void} send gets what was written */
  constructor(send) {
    this.form = byId("composer");
    this.field = byId("say");
    this.button = byId("send");
    this.count = byId("count");
    this.most = 1000;
    this.isOpen = false;
    this.isWaiting = false;
    this.field.placeholder = t("hint");
    this.button.append(icon("send"));
    this.button.setAttribute("aria-label", t("send"));
    this.field.addEventListener("input", () => this.#fit());
    this.field.addEventListener("keydown", (event) => {
      // While an input method chooses signs, Enter belongs to it.
      const composing = event.isComposing || event.keyCode === 229;
      if (event.key !== "Enter" || event.shiftKey || composing) return;
      event.preventDefault();
      this.form.requestSubmit();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.field.value.trim();
      if (!text || this.length > this.most) return;
      this.isWaiting = !this.isOpen;
      if (this.isWaiting) return;
      this.field.value = "";
      this.#fit();
      send(text);
    });
  }

  // What was to be sent before the server knew the visitor is sent now.
  open() {
    this.isOpen = true;
    if (this.isWaiting) this.form.requestSubmit();
  }

  // As the server counts: an emoji is one.
  get length() {
    return [...this.field.value].length;
  }

  focus() {
    // On a phone this would raise the keyboard.
    if (matchMedia("(hover: hover)").matches) this.field.focus({ preventScroll: true });
  }

  #fit() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
    const over = this.length > this.most;
    this.button.disabled = !this.field.value.trim() || over;
    this.count.hidden = this.length < this.most * 0.8;
    this.count.textContent = `${this.length}/${this.most}`;
    this.count.classList.toggle("over", over);
    this.count.title = over ? t("tooLong", { most: this.most }) : "";
  }
}
