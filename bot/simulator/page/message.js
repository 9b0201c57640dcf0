/** One bubble: text, photos, document, contact, the buttons under it. */

import { el, icon, iconButton } from "./dom.js";
import { richText } from "./richtext.js";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** `messages` is one message, or all of an album. */
export function bubble(messages, phone) {
  const last = messages[messages.length - 1];
  const { raw, from_bot: fromBot } = last;
  const body = el("div", { class: "body" },
    raw.forward_origin && el("p", { class: "forwarded" }, "Forwarded"),
    raw.reply_to_message && quote(raw.reply_to_message, phone),
    raw.heading && el("p", { class: "heading" }, raw.heading),
    photos(messages), document_(raw), contact(raw), text(messages, phone), foot(raw));
  return el("article", {
    class: `message ${fromBot ? "from-bot" : "own"}`, dataset: { messageId: raw.message_id, key: keyOf(last) },
    "data-testid": "message", "aria-label": `${fromBot ? phone.botName : phone.state.name}, ${clock.format(raw.date * 1000)}`,
  }, body, tools(last, phone), inlineKeyboard(raw, phone));
}

export const keyOf = (message) => message.raw.media_group_id ? `album-${message.raw.media_group_id}` : `message-${message.raw.message_id}`;

export function pendingBubble(text) {
  return el("article", { class: "message own pending", "data-testid": "pending" },
    el("div", { class: "body" }, text, el("footer", {}, "waits for the network")));
}

function text(messages, phone) {
  const holder = messages.find(({ raw }) => raw.text || raw.caption);
  if (!holder) return null;
  const { raw } = holder;
  return el("div", { class: "text", lang: phone.state.language, "data-testid": "message-text" },
    ...richText(raw.text ?? raw.caption, raw.entities ?? raw.caption_entities, phone.onLink));
}

function photos(messages) {
  const shown = messages.filter(({ raw }) => raw.photo);
  if (!shown.length) return null;
  return el("div", { class: shown.length > 1 ? "photos album" : "photos" }, ...shown.map(({ raw }) => {
    const size = raw.photo[raw.photo.length - 1];
    const address = `/sim/files/${size.file_id}`;
    return el("a", { href: address, target: "_blank", rel: "noopener" },
      el("img", { src: address, width: size.width, height: size.height, loading: "lazy", alt: raw.caption || "Photo" }));
  }));
}

function document_(raw) {
  if (!raw.document) return null;
  const { file_id: id, file_name: name = "file", file_size: size = 0 } = raw.document;
  return el("a", { class: "document", href: `/sim/files/${id}`, download: name, "data-testid": "document" },
    el("span", { class: "document-icon" }, icon("file")),
    el("span", {}, el("b", {}, name), el("small", {}, `${Math.max(1, Math.round(size / 1024))} KB`)));
}

function contact(raw) {
  if (!raw.contact) return null;
  return el("div", { class: "document" }, el("span", { class: "document-icon" }, icon("person")),
    el("span", {}, el("b", {}, raw.contact.first_name), el("small", {}, `+${raw.contact.phone_number}`)));
}

function quote(raw, phone) {
  const who = raw.from?.is_bot ? phone.botName : phone.state.name;
  const words = raw.text || raw.caption || (raw.photo ? "Photo" : "Message");
  return el("blockquote", { class: "quote" }, el("b", {}, who), el("span", {}, words.slice(0, 90)));
}

function foot(raw) {
  const time = el("time", {}, clock.format(raw.date * 1000));
  return el("footer", {}, raw.edit_date && "edited ", time);
}

function tools(message, phone) {
  const canEdit = !message.from_bot && !phone.isWhatsApp && (message.raw.text || message.raw.photo);
  return el("div", { class: "tools" },
    iconButton("reply", "Reply", () => phone.composer.replyTo(message), "reply"),
    canEdit && iconButton("edit", "Edit", () => phone.composer.edit(message), "edit"));
}

function inlineKeyboard(raw, phone) {
  if (raw.whatsapp) return whatsAppKeys(raw, phone);
  const rows = raw.reply_markup?.inline_keyboard;
  if (!rows) return null;
  return el("div", { class: "inline-keyboard" }, ...rows.map((row) =>
    el("div", { class: "keyboard-row" }, ...row.map((button) => inlineButton(button, raw.message_id, phone)))));
}

/** WhatsApp shows up to three buttons below a message, or one that opens a list. */
function whatsAppKeys(raw, phone) {
  const { buttons, list } = raw.whatsapp;
  const opener = () => el("button", {
    type: "button", class: "key", "data-testid": "button", "aria-haspopup": "dialog", on: { click: () => phone.choose(raw.message_id, list, buttons) },
  }, icon("menu"), list);
  const asks = (button) => el("button", { type: "button", class: "key", "data-testid": "button", on: { click: () => phone.act("contact", { own: true }) } }, button.text);
  const shown = list ? [opener()] : buttons.map((button) => button.contact ? asks(button) : inlineButton(button, raw.message_id, phone));
  return el("div", { class: "inline-keyboard" }, ...shown.map((key) => el("div", { class: "keyboard-row" }, key)));
}

function inlineButton(button, messageId, phone) {
  const properties = { class: `key ${button.style ?? ""}`, "data-testid": "button" };
  if (button.url) {
    const click = (event) => phone.onLink(event, button.url);
    return el("a", { ...properties, href: button.url, target: "_blank", rel: "noopener noreferrer", on: { click } }, button.text, el("span", { class: "corner", "aria-hidden": "true" }, "↗"));
  }
  if (button.copy_text) {
    return el("button", { ...properties, type: "button", on: { click: () => phone.copy(button.copy_text.text) } }, button.text, el("span", { class: "corner", "aria-hidden": "true" }, "⧉"));
  }
  const press = (event) => phone.press(messageId, button.callback_data, event.currentTarget);
  return el("button", { ...properties, type: "button", dataset: { data: button.callback_data }, on: { click: press } }, button.text);
}
