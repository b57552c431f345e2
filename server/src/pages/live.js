// Keeps an open page at what the server knows: when it is told that something changed, it fetches the page it shows and
// puts in place what differs, quietly. Without it the pages are the same, only still.
"use strict";

(() => {
  const main = () => document.querySelector("main[data-live]");
  const sign = document.querySelector("p.live");
  if (!main() || !sign) return;

  const GATHER = 400; // what comes within so many milliseconds is shown at once
  const REST = 2000; // and then not again before so many
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let source = null;
  let known = null;
  let timer = null;
  let shownAt = 0;

  const say = (state, words) => {
    sign.hidden = false;
    sign.dataset.state = state;
    if (sign.textContent !== words) sign.textContent = words;
  };

  const listen = () => {
    if (source || document.hidden) return;
    source = new EventSource("/events");
    source.onopen = () => say("on", sign.dataset.on);
    source.onmessage = (event) => {
      known = JSON.parse(event.data)[main().dataset.live];
      soon();
    };
    source.onerror = () => {
      say("off", sign.dataset.off);
      if (source.readyState !== EventSource.CLOSED) return;
      source = null; // refused, not cut: the browser does not try again by itself
      setTimeout(() => (listen(), refresh()), 10000); // a session that ended is told so
    };
  };

  const hush = () => {
    if (source) source.close();
    source = null;
  };

  const soon = () => {
    if (timer || document.hidden || known === null || known === main().dataset.version) return;
    timer = setTimeout(refresh, Math.max(GATHER, shownAt + REST - Date.now()));
  };

  const refresh = async () => {
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      // It says itself why it is gone, or where to log in again.
      if (answer.redirected || (answer.status >= 400 && answer.status < 500)) return location.reload();
      if (!answer.ok) throw new Error(answer.status);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main[data-live]");
      if (!fresh) throw new Error("another page");
      const changed = put(fresh);
      shownAt = Date.now();
      if (changed) say("new", sign.dataset.new + " " + new Date().toLocaleTimeString(document.documentElement.lang));
      else if (sign.dataset.state === "off") say("on", sign.dataset.on);
    } catch {
      shownAt = Date.now();
      say("off", sign.dataset.off);
    } finally {
      timer = null;
      soon();
    }
  };

  // Puts in place each part that differs; the whole if there are other parts than before.
  const put = (fresh) => {
    const old = main();
    const parts = (root) => [...root.querySelectorAll(".part[id]")];
    const before = parts(old);
    const after = parts(fresh);
    old.dataset.version = fresh.dataset.version;
    if (before.map((part) => part.id).join() !== after.map((part) => part.id).join()) {
      old.replaceChildren(...fresh.childNodes);
      return true;
    }
    let changed = false;
    before.forEach((part, place) => {
      if (part.innerHTML === after[place].innerHTML) return;
      swap(part, after[place]);
      changed = true;
    });
    return changed;
  };

  const swap = (part, fresh) => {
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    const scrolled = part.querySelector(".scroll")?.scrollLeft ?? 0;
    const rows = new Map([...part.querySelectorAll("tr[data-key]")].map((row) => [row.dataset.key, row]));
    const was = new Map([...rows].map(([key, row]) => [key, { top: row.getBoundingClientRect().top, text: row.textContent }]));
    part.replaceChildren(...fresh.childNodes);
    const scroll = part.querySelector(".scroll");
    if (scroll) scroll.scrollLeft = scrolled;
    for (const row of part.querySelectorAll("tr[data-key]")) {
      const old = was.get(row.dataset.key);
      if (old && old.text === row.textContent) continue;
      row.classList.add("changed");
      if (!old || calm.matches) continue;
      const moved = old.top - row.getBoundingClientRect().top;
      if (moved) row.animate([{ transform: `translateY(${moved}px)` }, { transform: "none" }], { duration: 500, easing: "ease-out" });
    }
    if (!focused) return;
    const address = focused.getAttribute("href");
    const again = address
      ? [...part.querySelectorAll("a[href]")].find((link) => link.getAttribute("href") === address)
      : focused.matches(".scroll") && scroll;
    again?.focus({ preventScroll: true });
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return hush();
    listen();
    soon();
  });
  addEventListener("pagehide", hush);
  addEventListener("pageshow", listen);
  listen();
})();
