/** Text with Telegram's entities as DOM nodes. Offsets count UTF-16 units, as JavaScript strings do. */

import { el } from "./dom.js";

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

export function richText(text, entities = [], onLink = () => {}) {
  return pieces(text, 0, text.length, [...entities], onLink);
}

/** Entities nest and come sorted by offset, the longer first. */
function pieces(text, start, end, entities, onLink) {
  const nodes = [];
  let position = start;
  while (entities.length) {
    const entity = entities.shift();
    const stop = entity.offset + entity.length;
    const inner = [];
    while (entities.length && entities[0].offset < stop) inner.push(entities.shift());
    if (entity.offset > position) nodes.push(text.slice(position, entity.offset));
    nodes.push(wrapped(entity, text.slice(entity.offset, stop), pieces(text, entity.offset, stop, inner, onLink), onLink));
    position = stop;
  }
  if (position < end) nodes.push(text.slice(position, end));
  return nodes;
}

function wrapped(entity, plain, children, onLink) {
  if (entity.type === "text_link" || entity.type === "url") {
    const address = entity.url ?? plain;
    return el("a", { href: address, target: "_blank", rel: "noopener noreferrer", on: { click: (event) => onLink(event, address) } }, ...children);
  }
  if (entity.type === "bot_command") {
    return el("a", { href: "#", class: "command", on: { click: (event) => onLink(event, plain) } }, ...children);
  }
  if (entity.type === "spoiler") return el("span", { class: "spoiler", tabindex: "0" }, ...children);
  return el(TAGS[entity.type] ?? "span", {}, ...children);
}
