// Speaking instead of writing: hold the button, or press it once to begin and once to end.
import * as api from "./api.js";
import { byId, el, icon } from "./dom.js";
import { SoFar } from "./so_far.js";
import { t } from "./words.js";

// A shorter press begins, and another one ends it.
const HELD = 350;
const PART = 250;
const KINDS = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4", ""];
const canRecord = () => Boolean(navigator.mediaDevices?.getUserMedia && window.MediaRecorder);

export class Voice {
  /**
   * @param {object} page
   * @param {(text: string) => void} page.send gets what was understood
   * @param {(words: string, seen: boolean) => void} page.announce
   * @param {() => void} page.began is called when somebody begins to speak
   */
  constructor(page) {
    this.page = page;
    this.state = "idle";
    this.button = el("button", { type: "button", class: "mic", "aria-pressed": "false", hidden: true }, icon("mic"));
    this.words = new SoFar();
    this.note = el("span", { class: "hearing", hidden: true });
    byId("send").before(this.note, this.button);
    this.button.addEventListener("pointerdown", (event) => this.#down(event));
    this.button.addEventListener("pointerup", () => this.#up());
    this.button.addEventListener("pointercancel", () => this.#up());
    this.button.addEventListener("click", () => this.#click());
    this.button.addEventListener("contextmenu", (event) => event.preventDefault());
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.#cancel());
    this.#show("idle");
  }

  /** Takes what the server tells of itself. */
  allow({ hears, seconds }) {
    this.button.hidden = !(hears && canRecord());
    this.most = seconds;
  }

  #down(event) {
    if (event.button !== 0) return;
    this.pointed = true;
    this.button.setPointerCapture(event.pointerId);
    this.downAt = performance.now();
    this.beganNow = this.state === "idle";
    if (this.beganNow) this.#begin();
  }

  #up() {
    if (this.downAt === undefined) return;
    const held = performance.now() - this.downAt > HELD;
    this.downAt = undefined;
    if (held || !this.beganNow) this.#end();
  }

  // What comes from the keyboard or a screen reader has no pointer before it.
  #click() {
    if (this.pointed) this.pointed = false;
    else if (this.state === "idle") this.#begin();
    else this.#end();
  }

  async #begin() {
    this.#show("starting");
    this.page.began();
    api.wake();
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true } });
    } catch (refused) {
      this.#show("idle");
      this.page.announce(t(refused.name === "NotAllowedError" ? "micRefused" : "micMissing"), true);
      return;
    }
    if (this.state !== "starting") {
      // Let go before the browser had asked.
      this.#release(stream);
      this.#show("idle");
      return;
    }
    const kind = KINDS.find((one) => one === "" || MediaRecorder.isTypeSupported(one));
    const recorder = new MediaRecorder(stream, { ...(kind ? { mimeType: kind } : {}), audioBitsPerSecond: 32000 });
    const parts = [];
    recorder.addEventListener("dataavailable", ({ data }) => {
      if (!data.size) return;
      parts.push(data);
      if (this.state === "recording") this.words.take(data);
    });
    recorder.addEventListener("stop", () => {
      this.#release(stream);
      if (this.cancelled) this.#show("idle");
      else this.#understand(new Blob(parts, { type: recorder.mimeType || "audio/webm" }));
    });
    this.recorder = recorder;
    this.cancelled = false;
    this.words.begin();
    recorder.start(PART);
    this.#show("recording");
    this.timer = setTimeout(() => this.#end(), (this.most - 0.5) * 1000);
  }

  #end() {
    if (this.state === "starting") this.state = "leaving";
    if (this.state !== "recording") return;
    clearTimeout(this.timer);
    this.#show("understanding");
    this.recorder.stop();
  }

  #cancel() {
    if (this.state === "recording") this.cancelled = true;
    this.#end();
  }

  async #understand(recording) {
    try {
      const { text } = await api.hear(recording);
      this.page.send(text);
    } catch (refusal) {
      this.page.announce(excuse(refusal, this.most), true);
    } finally {
      this.#show("idle");
    }
  }

  #release(stream) {
    for (const track of stream.getTracks()) track.stop();
  }

  #show(state) {
    this.state = state;
    const on = state === "recording" || state === "starting";
    const words = { recording: t("listening"), understanding: t("understanding") }[state] ?? "";
    this.button.setAttribute("aria-pressed", String(on));
    this.button.setAttribute("aria-label", t(on ? "stopSpeaking" : "speak"));
    this.button.title = t(on ? "stopSpeaking" : "speak");
    this.button.setAttribute("aria-disabled", String(state === "understanding"));
    if (state === "understanding") this.words.end();
    if (state === "idle") this.words.hide();
    this.note.textContent = words;
    this.note.hidden = !words;
    byId("composer").dataset.voice = state;
    if (words) this.page.announce(words, false);
  }
}

function excuse(refusal, most) {
  if (refusal.trouble) return t(`voice_${refusal.trouble}`, { seconds: most });
  if (refusal.status === 429) return t("slow", { seconds: refusal.wait });
  return t(refusal.status === 0 ? "offline" : "broken");
}
