/** Around the phones: the coach line, the switches, the JSON pane, going live. */

import { post } from "./api.js";
import { el, part } from "./dom.js";

export function showCoach(coach) {
  const isLast = coach.position >= coach.count;
  part("text").textContent = coach.text;
  part("step").textContent = coach.count ? (isLast ? "Done" : `Step ${coach.position + 1} of ${coach.count}`) : "";
  part("dots").replaceChildren(...Array.from({ length: coach.count }, (_, index) =>
    el("i", { class: index < coach.position ? "done" : index === coach.position ? "now" : "" })));
  for (const node of document.querySelectorAll(".phone")) node.classList.toggle("coached", node.dataset.key === coach.phone);
  for (const tab of document.querySelectorAll(".tab")) tab.classList.toggle("coached", tab.dataset.key === coach.phone);
}

/** `isOn` reads the switch from what the server says, `turn` gives what to send. */
const SWITCHES = [
  { id: "offline", label: "Network off", help: "The phones have no network: what you send waits. Turn it on again and everything leaves at once.", phones: true },
  { id: "twice", label: "Deliver twice", help: "Telegram hands every update to the bot a second time. Nothing may be counted twice.", isOn: (f) => f.deliver_twice, turn: (on) => ({ deliver_twice: on }) },
  { id: "429", label: "429", help: "Telegram answers every message of the bot with “Too Many Requests, retry after 3”. Turn it off and the messages come.", isOn: (f) => f.shares["429"] > 0, turn: (on) => ({ shares: { 429: on ? 1 : 0 } }) },
  { id: "5xx", label: "5xx", help: "Telegram's server answers 502 to every message of the bot. Turn it off and the messages come.", isOn: (f) => f.shares["502"] > 0, turn: (on) => ({ shares: { 502: on ? 1 : 0 } }) },
  { id: "reset", label: "Broken lines", help: "Every second connection of the bot breaks before anything is done.", isOn: (f) => f.shares.reset > 0, turn: (on) => ({ shares: { reset: on ? 0.5 : 0 } }) },
  { id: "lost", label: "Lost answers", help: "Every third message arrives, but the bot never hears that it did.", isOn: (f) => f.shares.lost_answer > 0, turn: (on) => ({ shares: { lost_answer: on ? 0.34 : 0 } }) },
  { id: "slow", label: "Slow", help: "Every call to Telegram takes a second and a half longer.", isOn: (f) => f.delay_seconds > 0, turn: (on) => ({ delay_seconds: on ? 1.5 : 0 }) },
  { id: "limits", label: "Real limits", help: "One message a second to a chat and 30 in all, as on Telegram.", isOn: (f) => f.real_limits, turn: (on) => ({ real_limits: on }) },
  { id: "blocked", label: "Blocked", help: "", blocked: true },
];

export class Switches {
  constructor(page) {
    this.page = page;
    this.faults = null;
    this.buttons = SWITCHES.map((item) => el("button", {
      type: "button", role: "switch", class: "switch", "aria-checked": "false", "data-testid": `switch-${item.id}`,
      title: item.help, on: { click: () => this.flip(item) },
    }, el("i", { "aria-hidden": "true" }), this.labelOf(item)));
    part("switch-row").replaceChildren(...this.buttons);
  }

  owner() { return this.page.allStates()[2]; }

  labelOf(item) { return item.blocked && this.owner() ? `${this.owner().name} blocks the bot` : item.label; }

  helpOf(item) {
    return item.blocked ? "The bot can no longer write to this owner. The office sees who cannot be reached." : item.help;
  }

  isOn(item) {
    const states = this.page.allStates();
    if (item.phones) return states.length > 0 && states.every((state) => state.offline);
    if (item.blocked) return Boolean(this.owner()?.blocked);
    return Boolean(this.faults && item.isOn(this.faults));
  }

  async flip(item) {
    const on = !this.isOn(item);
    if (item.phones) await Promise.all(this.page.allStates().map(({ key }) => post(`phones/${key}/offline`, { offline: on })));
    else if (item.blocked) await post(`phones/${this.owner().key}/block`, { blocked: on });
    else this.show(await post("faults", item.turn(on)));
  }

  show(faults = this.faults) {
    this.faults = faults;
    const on = SWITCHES.filter((item) => this.isOn(item));
    SWITCHES.forEach((item, index) => this.buttons[index].setAttribute("aria-checked", String(this.isOn(item))));
    const help = part("switch-help");
    help.hidden = !on.length;
    help.replaceChildren(...on.map((item) => el("span", {}, el("b", {}, `${this.labelOf(item)}: `), this.helpOf(item))));
    part("switch-note").textContent = on.length ? `${on.length} on` : "Everything works now";
  }
}

const KEPT = 60;

export class JsonPane {
  constructor(requests) {
    this.waiting = [...requests];
    this.list = part("requests");
    this.pane = part("json");
    this.pane.addEventListener("toggle", () => this.flush());
  }

  add(request) {
    this.waiting.push(request);
    if (this.waiting.length > KEPT) this.waiting.shift();
    this.flush();
  }

  flush() {
    if (!this.pane.open) return;
    for (const request of this.waiting) this.list.prepend(row(request));
    this.waiting = [];
    while (this.list.children.length > KEPT) this.list.lastChild.remove();
  }
}

function row(request) {
  const good = request.status === 200;
  const label = request.status || "broken";
  const node = el("details", {}, el("summary", {},
    el("span", { class: `status ${good ? "good" : "bad"}` }, String(label)),
    el("b", {}, request.method), el("span", { class: "soft" }, brief(request))));
  node.addEventListener("toggle", () => {
    if (node.childElementCount > 1) return;
    node.append(el("pre", { tabindex: "0" }, `→ ${JSON.stringify(request.request, null, 2)}\n\n← ${JSON.stringify(request.answer, null, 2)}`));
  });
  return el("li", { "data-testid": "request" }, node);
}

function brief({ request, answer }) {
  const updates = Array.isArray(answer.result) && answer.result[0]?.update_id ? answer.result : [];
  const kinds = updates.map((update) => Object.keys(update)[1]).join(", ");
  const words = answer.description ?? request.text ?? request.caption ?? kinds;
  return String(words).replaceAll("\n", " ").slice(0, 90);
}

export function setUpGoLive() {
  const field = document.getElementById("token");
  const show = () => {
    const token = field.value.trim();
    const looksRight = /^\d{6,12}:[\w-]{30,}$/.test(token);
    part("env").textContent = `TELEGRAM_BOT_TOKEN=${looksRight ? "the token you pasted" : "123456789:AA…"}\nADMIN_PHONES=+91…`;
    part("token-answer").textContent = !token ? "" : looksRight ? "This looks like a bot token." : "A token is digits, a colon and 35 letters, like 123456789:AA….";
  };
  field.addEventListener("input", show);
  field.form.addEventListener("submit", (event) => event.preventDefault());
  part("copy-env").addEventListener("click", async () => {
    const token = field.value.trim() || "123456789:AA…";
    await navigator.clipboard.writeText(`TELEGRAM_BOT_TOKEN=${token}\nADMIN_PHONES=+91…\n`);
    part("token-answer").textContent = "Copied. Put your own phone number behind ADMIN_PHONES.";
  });
  show();
}
