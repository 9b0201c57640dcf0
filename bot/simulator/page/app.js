/** Starts the page and keeps it in step with the simulator. */

import { get, listen } from "./api.js";
import { el, part } from "./dom.js";
import { JsonPane, Switches, setUpGoLive, showCoach } from "./panels.js";
import { PhoneView } from "./phone.js";

class Page {
  constructor(state) {
    this.bot = state.bot;
    this.samples = state.samples;
    this.first = state.phones[0]?.key;
    this.views = new Map();
    this.tabs = new Map();
    this.stubs = new Map();
    for (const phone of state.phones) this.addPhone(phone);
    this.switches = new Switches(this);
    this.json = new JsonPane(state.requests);
    this.switches.show(state.faults);
    this.select(state.phones[0]?.key, false);
    showCoach(state.coach);
  }

  addPhone(phone) {
    const view = new PhoneView(phone, this);
    const tab = el("button", {
      type: "button", role: "tab", class: "tab", dataset: { key: phone.key }, "data-testid": `tab-${phone.key}`,
      "aria-controls": `phone-${phone.key}`, "aria-selected": "false",
      on: { click: () => this.select(phone.key), keydown: (event) => this.onTabKey(event) },
    }, phone.name, el("i", { class: "dot", hidden: true, "aria-label": "new message" }));
    this.views.set(phone.key, view);
    this.tabs.set(phone.key, tab);
    part("tabs").append(tab);
    part("phones").append(view.node);
    if (phone.folded) {
      const stub = el("button", {
        type: "button", class: "stub", "data-testid": `unfold-${phone.key}`, "aria-expanded": "false",
        "aria-controls": `phone-${phone.key}`, on: { click: () => this.fold(phone.key, false) },
      }, el("span", {}, `${phone.name}, ${phone.role}${phone.channel === "whatsapp" ? ", WhatsApp" : ""}`), el("i", { class: "dot", hidden: true, "aria-label": "new message" }));
      this.stubs.set(phone.key, stub);
      part("phones").append(stub);
      this.fold(phone.key, true);
    }
  }

  /** The first phone shows its photos at once: that is where the story starts. */
  opensTray(key) { return key === this.first; }

  view(key) { return this.views.get(key); }

  allStates() { return [...this.views.values()].map((view) => view.state); }

  fold(key, folded) {
    this.view(key).node.classList.toggle("folded", folded);
    const stub = this.stubs.get(key);
    stub.hidden = !folded;
    stub.querySelector(".dot").hidden = true;
    part("phones").classList.toggle("all", this.allStates().some((state) => state.folded && !this.view(state.key).node.classList.contains("folded")));
    if (!folded) this.view(key).stick(true);
  }

  select(key, focus = true) {
    if (!key) return;
    for (const [name, view] of this.views) {
      view.node.classList.toggle("selected", name === key);
      this.tabs.get(name).setAttribute("aria-selected", String(name === key));
      this.tabs.get(name).tabIndex = name === key ? 0 : -1;
    }
    this.tabs.get(key).querySelector(".dot").hidden = true;
    if (focus) this.tabs.get(key).focus({ preventScroll: true });
    this.tabs.get(key).scrollIntoView({ inline: "center", block: "nearest" });
    this.view(key).stick(true);
  }

  onTabKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const keys = [...this.views.keys()];
    const now = keys.indexOf(event.currentTarget.dataset.key);
    this.select(keys[(now + step + keys.length) % keys.length]);
  }

  onMessage({ phone, message }) {
    this.view(phone)?.receive(message);
    if (!message.from_bot) return;
    if (this.tabs.get(phone)?.getAttribute("aria-selected") === "false") this.tabs.get(phone).querySelector(".dot").hidden = false;
    const stub = this.stubs.get(phone);
    if (stub) stub.querySelector(".dot").hidden = false;
  }

  onPhone(state) {
    if (!this.views.has(state.key)) {
      this.addPhone({ ...state, messages: [] });
      return;
    }
    this.view(state.key).update(state);
    this.switches.show();
  }
}

async function main() {
  const page = new Page(await get("state"));
  setUpGoLive();
  if (matchMedia("(max-width: 47.99rem)").matches) part("switches").open = false;
  listen({
    message: (event) => page.onMessage(event),
    deleted: ({ phone, message_id: id }) => page.view(phone)?.remove(id),
    phone: (state) => page.onPhone(state),
    toast: ({ phone, text, alert }) => { page.view(phone)?.answered(); page.view(phone)?.toast(text, { alert }); },
    action: ({ phone, action }) => { if (action) page.view(phone)?.showAction(action); },
    faults: (faults) => page.switches.show(faults),
    coach: showCoach,
    request: (request) => page.json.add(request),
    reload: () => location.reload(),
  }, () => location.reload());
  document.documentElement.dataset.ready = "true";
}

main();
