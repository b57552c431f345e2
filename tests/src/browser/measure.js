// What the browser tests measure in a page. The value of this expression is an object of functions.
(() => {
  const name = (element) => {
    const parts = [];
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      parts.unshift(at.localName + (at.id ? `#${at.id}` : "") + [...at.classList].map((one) => `.${one}`).join(""));
    }
    return parts.join(" > ");
  };

  const scrollsItself = (element) => {
    for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
      if (getComputedStyle(at).overflowX !== "visible") return true;
    }
    return false;
  };

  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const painted = (colors) => {
    canvas.fillStyle = "white";
    canvas.fillRect(0, 0, 1, 1);
    for (const color of colors) {
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const backgrounds = (element) => {
    const colors = [];
    for (let at = element; at; at = at.parentElement) colors.unshift(getComputedStyle(at).backgroundColor);
    return colors;
  };
  // Relative luminance and contrast as WCAG 2 defines them.
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };

  const interactive = () =>
    [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].filter(
      (element) => element.tabIndex >= 0 && !element.disabled && element.type !== "hidden" && element.checkVisibility()
    );

  return {
    // What makes the document wider than the window.
    wide(width) {
      const document_width = document.documentElement.scrollWidth;
      if (document_width <= width) return [];
      const beyond = [...document.body.querySelectorAll("*")].filter((element) => {
        const box = element.getBoundingClientRect();
        return box.width > 1 && box.right > width + 0.5 && !scrollsItself(element);
      });
      return [`the document is ${document_width} wide`, ...beyond.slice(0, 5).map(name)];
    },

    // Texts whose contrast with what lies behind them is below a ratio.
    faint(ratio) {
      const found = new Set();
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const box = element.getBoundingClientRect();
        if (!walker.currentNode.data.trim() || !element.checkVisibility() || box.width <= 1 || box.right < 0) continue;
        const behind = backgrounds(element);
        const has = contrast(painted([...behind, getComputedStyle(element).color]), painted(behind));
        if (has < ratio) found.add(`${name(element)} ${has.toFixed(2)}`);
      }
      return [...found];
    },

    // How bright the page's background is, from 0 to 1.
    brightness: () => luminance(painted(backgrounds(document.body))),

    // Everything that can be used, in the order of the document.
    interactive: () => interactive().map(name),

    // What has the focus: its place among what can be used, and whether the focus can be seen.
    focused() {
      const element = document.activeElement;
      const place = interactive().indexOf(element);
      if (place < 0) return null;
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
      const contrasts = contrast(painted([style.outlineColor]), painted(backgrounds(element.parentElement))) >= 3;
      const inside = box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight;
      return { place, name: name(element), text: element.innerText ?? "", seen: outline && contrasts && inside };
    },
  };
})()
