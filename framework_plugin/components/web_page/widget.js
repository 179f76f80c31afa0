// The chat page in a corner of another site:
//   <script src="https://bot.example/chat/widget.js" defer></script>
(() => {
  const script = document.currentScript;
  const address = new URL("embed/", script.src).href;
  const english = !(document.documentElement.lang || navigator.language).toLowerCase().startsWith("zh");
  const words = {
    open: script.dataset.open || (english ? "Chat" : "聊聊"),
    close: script.dataset.close || (english ? "Close" : "收起"),
  };
  const button = document.createElement("button");
  const frame = document.createElement("iframe");
  let open = false;

  button.type = "button";
  Object.assign(button.style, {
    position: "fixed", right: "20px", bottom: "20px", zIndex: "2147483001", padding: "10px 22px",
    border: "0", borderRadius: "99px", background: "#37614a", color: "#fdfcf7", cursor: "pointer",
    font: "16px/1.5 system-ui, sans-serif", boxShadow: "0 4px 18px rgb(0 0 0 / 22%)",
  });
  frame.title = words.open;
  frame.referrerPolicy = "no-referrer";
  frame.allow = "microphone";
  Object.assign(frame.style, {
    position: "fixed", right: "20px", bottom: "76px", zIndex: "2147483000", display: "none",
    width: "min(400px, calc(100vw - 40px))", height: "min(640px, calc(100vh - 100px))",
    border: "0", borderRadius: "18px", boxShadow: "0 12px 48px rgb(0 0 0 / 26%)", colorScheme: "normal",
  });

  const show = (wanted) => {
    open = wanted;
    // Nothing is loaded before somebody asks for it.
    if (open && !frame.src) frame.src = address;
    frame.style.display = open ? "block" : "none";
    button.textContent = open ? words.close : words.open;
    button.setAttribute("aria-expanded", String(open));
  };
  button.addEventListener("click", () => show(!open));
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && open) show(false);
  });
  show(false);
  document.body.append(frame, button);
})();
