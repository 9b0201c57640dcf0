/** The simulator's control routes. */

export class Refused extends Error {}

async function read(response) {
  if (!response.ok) throw new Refused(await response.text());
  return response.json();
}

export const get = async (path) => read(await fetch(`/sim/${path}`));

export const post = async (path, body = {}) =>
  read(await fetch(`/sim/${path}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  }));

export async function base64Of(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  }
  return btoa(text);
}

/** Server-sent events; after a break the browser connects again and everything is loaded anew. */
export function listen(handlers, onBack) {
  const source = new EventSource("/sim/events");
  let broken = false;
  source.addEventListener("error", () => { broken = true; });
  source.addEventListener("open", () => { if (broken) onBack(); broken = false; });
  for (const [name, handler] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => handler(JSON.parse(event.data)));
  }
}
