/** What is under the chat: text field, tray of photos, reply keyboard, command menu. */

import { base64Of } from "./api.js";
import { ask, el, icon, iconButton } from "./dom.js";

const HINTS = {
  "choose-file": "Send a photo or file of your own",
  "wordless": "Send sample photos without words: what they show is read and proposed",
  "share-own": "Share this person's own number",
  "share-other": "Share somebody else's contact",
  "open-link": "Open an invite link in this phone",
};

export class Composer {
  constructor(phone, samples) {
    this.phone = phone;
    this.samples = samples;
    this.attached = [];
    this.wordless = false;
    this.replying = null;
    this.editing = null;
    this.build();
  }

  build() {
    const { key } = this.phone.state;
    this.field = el("textarea", {
      rows: "1", placeholder: "Message", "aria-label": `Message of ${this.phone.state.name}`, "data-testid": "composer",
      on: { keydown: (event) => this.onKey(event), input: () => this.fit(), paste: (event) => this.onPaste(event) },
    });
    this.files = el("input", { type: "file", multiple: true, hidden: true, "data-testid": "file", on: { change: () => this.addFiles(this.files.files) } });
    this.banner = el("div", { class: "banner", hidden: true });
    this.shelf = el("div", { class: "shelf", hidden: true, "aria-label": "Attached" });
    this.tray = this.buildTray();
    this.commandList = el("div", { class: "commands", hidden: true, role: "group", "aria-label": "Commands" });
    this.menuButton = iconButton("menu", "Commands", () => this.toggleCommands(), "menu");
    this.attachButton = iconButton("attach", "Photos and more", () => this.toggleTray(), "attach");
    this.keyboard = el("div", { class: "reply-keyboard", hidden: true, role: "group", "aria-label": "Keyboard of the bot" });
    this.bar = el("form", { class: "bar", on: { submit: (event) => { event.preventDefault(); this.send(); } } },
      this.menuButton, this.field, this.attachButton,
      el("button", { type: "submit", class: "icon-button send", "aria-label": "Send", title: "Send", "data-testid": "send" }, icon("send")));
    this.startButton = el("button", {
      type: "button", class: "start", "data-testid": "start", on: { click: () => this.phone.act("start") },
    }, "Start");
    this.node = el("div", { class: "composer", id: `composer-${key}` },
      this.banner, this.shelf, this.commandList, this.tray, this.bar, this.startButton, this.keyboard, this.files);
  }

  buildTray() {
    const photo = (sample) => el("button", {
      type: "button", class: "sample", "data-testid": "sample-photo", dataset: { sample: sample.id }, "aria-pressed": "false",
      title: `Meter ${sample.serial} shows ${sample.reading}`, on: { click: () => this.toggleSample(sample) },
    }, el("img", { src: sample.url, alt: `Meter photo ${sample.label}`, loading: "lazy", width: 912, height: 1220 }), el("span", {}, sample.label));
    const action = (name, label, run, testId) => el("button", {
      type: "button", class: "tray-action", "data-testid": testId, title: HINTS[testId], on: { click: run },
    }, icon(name), label);
    this.wordlessButton = action("photo", "No words", () => this.toggleWords(), "wordless");
    this.wordlessButton.setAttribute("aria-pressed", "false");
    return el("div", { class: "tray", hidden: true, "data-testid": "tray" },
      el("p", { class: "tray-title" }, "Sample meter photos: tap one, or several"),
      el("div", { class: "samples" }, ...this.samples.map(photo)),
      el("div", { class: "tray-actions" },
        this.wordlessButton,
        action("photo", "File", () => this.files.click(), "choose-file"),
        action("person", "My number", () => this.phone.act("contact", { own: true }), "share-own"),
        action("person", "Contact", () => this.shareOther(), "share-other"),
        action("link", "Link", () => this.openLink(), "open-link")));
  }

  update(state) {
    const mayWrite = state.started || this.phone.isWhatsApp;
    this.bar.hidden = !mayWrite || state.blocked;
    this.startButton.hidden = mayWrite && !state.blocked;
    this.startButton.textContent = state.blocked ? "Unblock and restart" : "Start";
    this.menuButton.hidden = !state.commands.length;
    this.commandList.replaceChildren(...state.commands.map(({ command, description }) =>
      el("button", { type: "button", "data-testid": "command", on: { click: () => this.phone.say(`/${command}`) } },
        el("b", {}, `/${command}`), el("span", { class: "soft" }, description))));
    this.field.placeholder = state.keyboard?.input_field_placeholder ?? "Message";
    const rows = this.phone.isWhatsApp ? [] : state.keyboard?.keyboard ?? [];
    this.keyboard.hidden = !rows.length || this.bar.hidden;
    this.keyboard.replaceChildren(...rows.map((row) => el("div", { class: "keyboard-row" }, ...row.map((button) =>
      el("button", { type: "button", class: "key", "data-testid": "keyboard-button", on: { click: () => this.tapKey(button, state.keyboard) } }, button.text)))));
    if (state.keyboard?.force_reply && !this.bar.hidden) this.field.focus({ preventScroll: true });
  }

  tapKey(button, keyboard) {
    if (keyboard.one_time_keyboard) this.keyboard.hidden = true;
    if (button.request_contact) this.phone.act("contact", { own: true });
    else this.phone.say(button.text);
  }

  toggleTray(open = this.tray.hidden) {
    this.tray.hidden = !open;
    this.attachButton.setAttribute("aria-expanded", String(open));
    if (open) this.commandList.hidden = true;
    this.showAttached();
    this.phone.stick();
  }

  toggleCommands() {
    this.commandList.hidden = !this.commandList.hidden;
    if (!this.commandList.hidden) this.toggleTray(false);
  }

  toggleSample(sample) {
    const known = this.attached.findIndex((item) => item.sample?.id === sample.id);
    if (known >= 0) this.attached.splice(known, 1);
    else if (this.attached.length < 10) this.attached.push({ sample, address: sample.url, label: sample.label });
    this.nameSamples();
    this.showAttached();
    this.field.focus({ preventScroll: true });
  }

  /** A sample comes with what would be typed below it, unless it is to be read from the photo alone. */
  nameSamples() {
    const captions = this.samples.map(({ caption }) => caption);
    const onlyOne = this.attached.length === 1 && this.attached[0].sample;
    if (onlyOne && !this.wordless) this.field.value = onlyOne.caption;
    else if (captions.includes(this.field.value)) this.field.value = "";
  }

  toggleWords() {
    this.wordless = !this.wordless;
    this.wordlessButton.setAttribute("aria-pressed", String(this.wordless));
    this.nameSamples();
    this.fit();
  }

  addFiles(files) {
    for (const file of [...files].slice(0, 10 - this.attached.length)) {
      this.attached.push({ file, address: file.type.startsWith("image/") ? URL.createObjectURL(file) : null, label: file.name });
    }
    this.files.value = "";
    this.showAttached();
  }

  onPaste(event) {
    if (event.clipboardData?.files.length) {
      event.preventDefault();
      this.addFiles(event.clipboardData.files);
    }
  }

  showAttached() {
    const inTray = this.attached.every((item) => item.sample) && !this.tray.hidden;
    this.shelf.hidden = !this.attached.length || inTray;
    this.shelf.replaceChildren(...this.attached.map((item, index) => el("figure", { class: item.sample && "chosen" },
      item.address ? el("img", { src: item.address, alt: "" }) : icon("file"),
      el("figcaption", {}, item.label),
      iconButton("close", `Remove ${item.label}`, () => { this.attached.splice(index, 1); this.showAttached(); }))));
    for (const button of this.tray.querySelectorAll(".sample")) {
      const chosen = this.attached.some((item) => item.sample?.id === button.dataset.sample);
      button.setAttribute("aria-pressed", String(chosen));
    }
    this.fit();
    this.phone.stick();
  }

  async send() {
    const text = this.field.value.trim();
    const reply = this.replying ? { reply_to: this.replying.raw.message_id } : {};
    const { attached, editing } = this;
    if (!text && !attached.length) return;
    this.clear();
    if (editing) await this.phone.act("edit", { message_id: editing.raw.message_id, text });
    else if (attached.length) await this.sendAttached(attached, text, reply);
    else await this.phone.act("text", { text, ...reply }, text);
  }

  async sendAttached(attached, text, reply) {
    const isPhoto = (item) => item.sample || item.file.type.startsWith("image/");
    const photos = await Promise.all(attached.filter(isPhoto).map((item) => content(item, this.wordless)));
    if (photos.length === 1) await this.phone.act("photo", { ...photos[0], caption: text, ...reply }, `Photo ${text}`);
    if (photos.length > 1) {
      if (text) photos[0].caption = text;
      await this.phone.act("album", { photos }, `${photos.length} photos`);
    }
    for (const item of attached.filter((one) => !isPhoto(one))) {
      const data = await base64Of(item.file);
      await this.phone.act("document", { data, name: item.file.name, content_type: item.file.type, caption: text }, item.file.name);
    }
  }

  clear() {
    this.attached = [];
    this.replying = this.editing = null;
    this.field.value = "";
    this.banner.hidden = true;
    this.showAttached();
    this.commandList.hidden = true;
    if (!this.tray.hidden && !this.phone.page.opensTray(this.phone.state.key)) this.toggleTray(false);
  }

  replyTo(message) { this.showBanner("Reply to", message); this.replying = message; }

  edit(message) {
    this.showBanner("Edit", message);
    this.editing = message;
    this.field.value = message.raw.text ?? message.raw.caption ?? "";
    this.fit();
  }

  showBanner(verb, message) {
    this.clear();
    const words = message.raw.text || message.raw.caption || "photo";
    this.banner.replaceChildren(el("span", {}, el("b", {}, `${verb} `), words.slice(0, 60)), iconButton("close", "Cancel", () => this.clear()));
    this.banner.hidden = false;
    this.field.focus();
  }

  onKey(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape") this.clear();
  }

  fit() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 120)}px`;
  }

  async shareOther() {
    const others = this.phone.others();
    const stranger = `Somebody who is not on ${this.phone.isWhatsApp ? "WhatsApp" : "Telegram"}`;
    const choices = others.map((state) => ({ value: state.key, label: `${state.name}, ${state.phone}` }));
    const key = await ask("Whose contact?", [...choices, { value: "-", label: stranger }]);
    if (!key) return;
    const other = others.find((state) => state.key === key);
    const card = other ? { phone_number: other.phone, first_name: other.name } : { phone_number: "+447700900999", first_name: "Somebody" };
    await this.phone.act("contact", { own: false, ...card });
  }

  linkForm() {
    return this.phone.isWhatsApp ? `https://wa.me/${this.phone.page.bot.whatsapp}?text=join%20…` : `https://t.me/${this.phone.botUser}?start=…`;
  }

  async openLink() {
    const answer = await ask("Open a link to the bot", [{ value: "open", label: "Open" }], { input: this.linkForm() });
    if (answer?.text) await this.phone.act("open-link", { link: answer.text });
  }
}

async function content(item, wordless) {
  if (!item.sample) return { data: await base64Of(item.file) };
  return { sample: item.sample.id, caption: wordless ? "" : item.sample.caption };
}
