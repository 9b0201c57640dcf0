/** One phone: its frame, its chat, and what happens in it. */

import { get, post } from "./api.js";
import { Composer } from "./composer.js";
import { ask, el, icon, iconButton } from "./dom.js";
import { bubble, keyOf, pendingBubble } from "./message.js";

const ACTIONS = {
  typing: "is typing…", upload_photo: "is sending a photo…", upload_document: "is sending a file…",
};

export class PhoneView {
  constructor(state, page) {
    this.state = state;
    this.page = page;
    this.botName = page.bot.first_name;
    this.botUser = page.bot.username;
    this.isWhatsApp = state.channel === "whatsapp";
    this.messages = new Map();
    this.reactions = new Map();
    this.onLink = (event, address) => this.followLink(event, address);
    this.build();
    this.update(state);
    this.load(state.messages);
  }

  build() {
    const { key, name } = this.state;
    this.subtitle = el("p", { class: "soft small", "data-testid": "status" });
    this.offlineButton = iconButton("wifi", "", () => this.act("offline", { offline: !this.state.offline }), "offline");
    this.blockButton = iconButton("block", "", () => this.act("block", { blocked: !this.state.blocked }), "block");
    this.foldButton = iconButton("fold", `Fold ${name}'s phone`, () => this.page.fold(key, true), "fold");
    this.foldButton.hidden = !this.state.folded;
    this.pin = el("button", { type: "button", class: "pin", hidden: true, on: { click: () => this.showPinned() } });
    this.chat = el("div", { class: "chat", tabindex: "0", role: "log", "aria-live": "polite", "aria-label": `Chat of ${name} with the bot`, "data-testid": "chat", on: { scroll: () => this.onScroll() } });
    this.follows = true;
    new ResizeObserver(() => this.stick()).observe(this.chat);
    this.more = el("button", { type: "button", class: "more", hidden: true, "aria-label": "To the newest message", on: { click: () => this.stick(true) } }, icon("down"));
    this.toasts = el("div", { class: "toasts", role: "status", "aria-live": "assertive" });
    this.composer = new Composer(this, this.page.samples);
    this.node = el("section", {
      class: this.isWhatsApp ? "phone whatsapp" : "phone", id: `phone-${key}`, "data-testid": `phone-${key}`, dataset: { key }, "aria-label": `Phone of ${name}`,
    }, el("header", {},
      el("span", { class: "avatar", "aria-hidden": "true" }, initials(name)),
      el("div", { class: "who" }, el("h2", {}, name), this.subtitle),
      this.offlineButton, this.blockButton, this.foldButton),
    this.pin, el("div", { class: "screen" }, this.chat, this.more, this.toasts), this.composer.node);
    if (this.page.opensTray(key)) this.composer.toggleTray(true);
  }

  load(messages) {
    this.messages = new Map(messages.map((message) => [message.raw.message_id, message]));
    const groups = new Map();
    for (const message of messages) {
      const group = groups.get(keyOf(message)) ?? [];
      groups.set(keyOf(message), [...group, message]);
    }
    const bubbles = [...groups.values()].map((group) => bubble(group, this));
    this.chat.replaceChildren(...(bubbles.length ? bubbles : [this.empty()]));
    this.showPin();
    this.stick(true);
  }

  empty() {
    return el("div", { class: "empty" }, el("p", {}, el("b", {}, this.botName)),
      el("p", {}, "Electricity bills of Blessings City: readings, approvals and bills, in this chat."));
  }

  update(state) {
    const wasOffline = this.state.offline;
    this.state = { ...this.state, ...state };
    const { offline, blocked, unsent, phone, role } = this.state;
    const waiting = unsent ? `, ${unsent} waiting` : "";
    this.idle = offline ? `No network${waiting}` : blocked ? "Has blocked the bot" : `${role} · ${this.isWhatsApp ? "WhatsApp" : phone}`;
    this.subtitle.textContent = this.idle;
    this.node.classList.toggle("is-offline", offline);
    this.node.classList.toggle("is-blocked", blocked);
    setToggle(this.offlineButton, offline, "Network of this phone is off: turn on", "Turn this phone's network off");
    this.offlineButton.replaceChildren(icon(offline ? "offline" : "wifi"));
    setToggle(this.blockButton, blocked, "Unblock the bot", "Block the bot");
    this.composer.update(this.state);
    this.showPin();
    if (wasOffline && !offline) get(`phones/${this.state.key}/messages`).then((messages) => this.load(messages));
  }

  receive(message) {
    const isNew = !this.messages.has(message.raw.message_id);
    this.messages.set(message.raw.message_id, message);
    this.chat.querySelector(".empty")?.remove();
    const key = keyOf(message);
    const group = message.raw.media_group_id ? [...this.messages.values()].filter((one) => keyOf(one) === key) : [message];
    const old = this.chat.querySelector(`[data-key="${key}"]`);
    const focus = old ? [...old.querySelectorAll(".key")].indexOf(document.activeElement) : -1;
    const node = bubble(group, this);
    if (old) old.replaceWith(node);
    else this.chat.append(node);
    node.classList.add(isNew ? "arrives" : "changes");
    node.addEventListener("animationend", () => node.classList.remove("arrives", "changes"));
    if (focus >= 0) (node.querySelectorAll(".key")[focus] ?? this.chat).focus({ preventScroll: true });
    if (this.follows || !message.from_bot) this.stick(true);
    else if (isNew) this.more.hidden = false;
    if (message.from_bot) this.showAction(null);
    this.showPin();
  }

  remove(messageId) {
    this.messages.delete(messageId);
    this.chat.querySelector(`[data-key="message-${messageId}"]`)?.remove();
  }

  showAction(action) {
    clearTimeout(this.actionTimer);
    this.subtitle.textContent = action ? `${this.botName} ${ACTIONS[action] ?? "is busy…"}` : this.idle;
    this.subtitle.classList.toggle("acting", Boolean(action));
    if (action) this.actionTimer = setTimeout(() => this.showAction(null), 5000);
  }

  toast(text, { alert = false, bad = false } = {}) {
    if (!text) return;
    const node = el("div", { class: `toast ${alert ? "alert" : ""} ${bad ? "bad" : ""}`, "data-testid": "toast" }, el("p", {}, text));
    if (alert) node.append(el("button", { type: "button", on: { click: () => node.remove() } }, "OK"));
    else setTimeout(() => node.remove(), 4000);
    this.toasts.replaceChildren(node);
  }

  showPin() {
    const pinned = this.messages.get(this.state.pinned);
    this.pin.hidden = !pinned;
    if (!pinned) return;
    const words = (pinned.raw.text || pinned.raw.caption || "Photo").replaceAll("\n", " · ");
    this.pin.replaceChildren(icon("pin"), el("span", {}, words));
  }

  showPinned() {
    this.chat.querySelector(`[data-message-id="${this.state.pinned}"]`)?.scrollIntoView({ block: "center", behavior: "smooth" });
  }

  /** Something this phone does. `pending` is what shows while it has no network. */
  async act(action, body = {}, pending = "") {
    try {
      await post(`phones/${this.state.key}/${action}`, body);
      if (this.state.offline && pending) {
        this.chat.append(pendingBubble(pending));
        this.stick(true);
      }
    } catch (error) {
      this.toast(error.message, { bad: true });
    }
  }

  say(text) { return this.act("text", { text }, text); }

  async press(messageId, data, button) {
    button.classList.add("pressed");
    setTimeout(() => button.classList.remove("pressed"), 8000);
    await this.act("press", { message_id: messageId, data });
  }

  /** A list opens by its button, as on WhatsApp; its rows are the choices. */
  async choose(messageId, list, rows) {
    const data = await ask(list, rows.map((row) => ({
      value: row.callback_data, label: el("span", {}, row.text, row.description && el("small", { class: "more-words" }, row.description)),
    })));
    if (data) await this.act("press", { message_id: messageId, data });
  }

  answered() {
    for (const key of this.chat.querySelectorAll(".key.pressed")) key.classList.remove("pressed");
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.toast(`Copied: ${text}`);
    } catch {
      this.toast(text, { alert: true });
    }
  }

  /** A link to the bot itself opens on a phone of one's choice; a command is said; the rest opens in a new tab. */
  async followLink(event, address) {
    if (address.startsWith("/")) {
      event.preventDefault();
      await this.say(address);
      return;
    }
    const isWhatsApp = address.includes(`wa.me/${this.page.bot.whatsapp}`);
    if (!isWhatsApp && !address.includes(`t.me/${this.botUser}`)) return;
    event.preventDefault();
    const fitting = this.page.allStates().filter((state) => (state.channel === "whatsapp") === isWhatsApp);
    const phones = fitting.map((state) => ({ value: state.key, label: `${state.name}, ${state.role}` }));
    const key = await ask("Open this link on whose phone?", phones);
    if (key) await this.page.view(key).act("open-link", { link: address });
  }

  others() { return this.page.allStates().filter((state) => state.key !== this.state.key); }

  isNearEnd() { return this.chat.scrollHeight - this.chat.scrollTop - this.chat.clientHeight < 120; }

  /** To the end, for who was there before something came or the chat became lower. */
  stick(force = false) {
    if (force || this.follows) {
      this.chat.scrollTop = this.chat.scrollHeight;
      this.more.hidden = true;
      requestAnimationFrame(() => { this.chat.scrollTop = this.chat.scrollHeight; });
    }
  }

  onScroll() {
    this.follows = this.isNearEnd();
    if (this.follows) this.more.hidden = true;
  }
}

function initials(name) {
  const words = name.split(/\s+/).filter((word) => !/^(mr|mrs|ms)\.?$/i.test(word));
  return words.map((word) => word[0]).join("").slice(0, 2).toUpperCase();
}

function setToggle(button, on, whenOn, whenOff) {
  const label = on ? whenOn : whenOff;
  button.setAttribute("aria-pressed", String(on));
  button.setAttribute("aria-label", label);
  button.title = label;
}
