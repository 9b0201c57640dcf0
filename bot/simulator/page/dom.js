/** Small helpers: every text goes in as text, never as markup. */

export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "on") for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    else if (name === "dataset") Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const ICONS = {
  attach: "M16.5 6.5v9a4.5 4.5 0 0 1-9 0V6a3 3 0 0 1 6 0v9a1.5 1.5 0 0 1-3 0V7",
  send: "M4 12l16-8-5 8 5 8z",
  menu: "M5 7h14M5 12h14M5 17h9",
  reply: "M10 7 5 12l5 5M5 12h8c4 0 6 2 6 6",
  edit: "M5 19h3.5L19 8.5 15.5 5 5 15.5zM13.5 7l3.5 3.5",
  close: "M6 6l12 12M18 6 6 18",
  wifi: "M4.5 9.5a11 11 0 0 1 15 0M7.5 13a6.5 6.5 0 0 1 9 0M12 17.2v.1",
  offline: "M4 4l16 16M8 12.6a6.6 6.6 0 0 1 2.7-1.3M4.5 9.5A11 11 0 0 1 8 7.3M12.5 6.6a11 11 0 0 1 7 2.9M12 17.2v.1",
  block: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM6.5 6.5l11 11",
  file: "M7 3h7l4 4v14H7zM14 3v4h4",
  photo: "M4 6h16v12H4zM4 15l4.5-4 4 4 3-2.5L20 16M15.5 9.6v.1",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c.8-4 4-5.5 7.5-5.5s6.7 1.5 7.5 5.5",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1",
  pin: "M9 4h6l-1 6 3 3H7l3-3zM12 13v7",
  down: "M6 10l6 6 6-6",
  fold: "M14 6l-6 6 6 6",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export function iconButton(name, label, onClick, testId) {
  return el("button", {
    type: "button", class: "icon-button", "aria-label": label, title: label, "data-testid": testId,
    on: { click: onClick },
  }, icon(name));
}

export const part = (name, root = document) => root.querySelector(`[data-part="${name}"]`);

/** Asks for one of several things, or for a text; null when the person cancelled. */
export function ask(title, choices, { input } = {}) {
  const dialog = part("dialog");
  dialog.querySelector("h2").textContent = title;
  const field = input && el("input", { type: "text", placeholder: input, "aria-label": title, "data-testid": "dialog-input" });
  const buttons = choices.map((choice) =>
    el("button", { value: choice.value, class: "choice", "data-testid": "dialog-choice" }, choice.label));
  part("dialog-body").replaceChildren(...[field, ...buttons].filter(Boolean));
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      if (!dialog.returnValue) resolve(null);
      else resolve(field ? { value: dialog.returnValue, text: field.value.trim() } : dialog.returnValue);
    }, { once: true });
  });
}
