// The join screen: loads the client, asks the server for its rooms, and starts the game.
//
// Never draws the game and never speaks a transport: the client does both. It answers tests and
// curious people through `window.tickwire`.

import { Chat } from "/{{chat.js}}";

const TITLES = { webtransport: "WebTransport", webrtc: "WebRTC", websocket: "WebSocket" };

/** How often the list of rooms is asked for, and how long an absent server is left alone, in ms. */
const ROOMS_EVERY_MS = 3000;

/** What an answer of the server may take; where packets are swallowed a browser waits for minutes. In ms. */
const ANSWER_MS = 5000;

/** How long a tab keeps the game it goes back to; a server keeps a seat no longer, unless told to. In ms. */
const KEPT_MS = 5 * 60_000;

/** How soon after loading itself anew because the picture broke the page does not do so again, in ms. */
const REPAIR_EVERY_MS = 10_000;

/** How often a game is tended, in ms; browsers wake hidden tabs once a second at the most. */
const TEND_EVERY_MS = 16;

/** A longer time without a picture is filled with turns, in ms. */
const SLOW_FRAME_MS = 25;

/** The smallest module with a vector instruction: who validates it can run the client. */
const VECTORS = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10,
  1, 8, 0, 65, 0, 253, 15, 253, 98, 11]);

/** What a login may take: its password is hashed slowly, and others may be before it. In ms. */
const LOGIN_MS = 20_000;

/** Bytes of UTF-8 that names may have. */
const NAME_BYTES_MAX = 32;

const made = document.getElementById("boot").dataset;
const asked = new URLSearchParams(location.search);
const on = (id) => document.getElementById(id);

/** The client once it has loaded, and the game once it has started. */
let client = null;
let game = null;
/** The game this page goes back to once the client has loaded. */
let before = null;
/** What the game was started with. */
let playing = null;
/** What takes its session up again: a client that broke cannot be asked any more. */
let token = null;
/** Whether the server answered the last time, and the rooms it told. */
let present = null;
let rooms = [];
let roomsTimer = 0;

function say(words, bad = false) {
  const status = on("status");
  status.textContent = words;
  status.classList.toggle("bad", bad);
}

/** The chat beside the picture. */
const chat = new Chat(() => { if (game) on("arena").focus(); });

/** What the browser keeps for this page; nothing where it keeps nothing. */
const kept = {
  get(key) { try { return localStorage.getItem(`tickwire.${key}`); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(`tickwire.${key}`, value); } catch { /* as well */ } },
  drop(key) { try { localStorage.removeItem(`tickwire.${key}`); } catch { /* as well */ } },
};

/**
 * The game this tab goes back to when its page is loaded again. It is there only while nobody looks at
 * the page, or the page is gone: a tab that is duplicated gets a copy, and would take the seat away.
 */
const left = {
  KEY: "tickwire.game",
  keep() {
    if (!game) return;
    const resume = game.has_failed() ? token : game.resume_token();
    if (!resume) return left.forget();
    try { sessionStorage.setItem(left.KEY, JSON.stringify({ ...playing, resume, at: Date.now() })); } catch { /* as well */ }
  },
  forget() { try { sessionStorage.removeItem(left.KEY); } catch { /* as well */ } },
  /** What was kept, unless the page was opened by a link to another room or for somebody else. */
  take() {
    try {
      const last = JSON.parse(sessionStorage.getItem(left.KEY));
      left.forget();
      const fresh = Date.now() - last?.at < KEPT_MS;
      const same = last?.room === (asked.get("room") ?? "") && last.name === (asked.get("name") ?? last.name);
      return fresh && same ? last : null;
    } catch { return null; }
  },
};

/**
 * Who a guest is: what brings them back as the same player, to whom whispers wait. Kept with the name, since a
 * guest of another name is another guest. Whoever logs in has a password for that.
 */
const guest = {
  last() {
    try { return JSON.parse(kept.get("guest")); } catch { return null; }
  },
  keyOf(name) {
    const last = guest.last();
    return last?.name === name ? last.key : undefined;
  },
  /** On a machine that others use too: nobody comes back from here as that guest. */
  forget() {
    kept.drop("guest");
    kept.drop("name");
    on("name").value = suggestedName();
    guest.show();
  },
  show() {
    const last = guest.last();
    on("known").hidden = !last?.name;
    on("known-name").textContent = last?.name ?? "";
  },
  keep() {
    const key = game.guest_key();
    if (key && playing && guest.keyOf(playing.name) !== key) kept.set("guest", JSON.stringify({ name: playing.name, key }));
  },
};

// --- The form ------------------------------------------------------------------------------------

function suggestedName() {
  const birds = ["Heron", "Swift", "Kite", "Wren", "Plover", "Merlin", "Dipper", "Tern"];
  const [bird, number] = crypto.getRandomValues(new Uint32Array(2));
  return `${birds[bird % birds.length]} ${10 + (number % 90)}`;
}

function fillForm() {
  on("name").value = asked.get("name") ?? kept.get("name") ?? suggestedName();
  const transport = asked.get("transport") ?? "";
  const radio = document.querySelector(`#transports input[value="${CSS.escape(transport)}"]`);
  if (radio) radio.checked = true;
  if (asked.get("room")) on("room").value = asked.get("room");
  guest.show();
}

/** What the form says: an empty room is any, an empty transport is whichever is quickest. */
function choice() {
  const picked = document.querySelector("#rooms input:checked");
  return {
    name: on("name").value.trim(),
    room: on("room").value.trim() || picked?.value || "",
    transport: document.querySelector("#transports input:checked").value,
  };
}

/** Why the name cannot be used; empty when it can. */
function problemOf(name) {
  if (name === "") return "Pick a name first: it is what others see.";
  const bytes = new TextEncoder().encode(name).length;
  return bytes > NAME_BYTES_MAX ? `This name is too long: ${NAME_BYTES_MAX} bytes at the most.` : "";
}

// --- The rooms -----------------------------------------------------------------------------------

async function askForRooms() {
  clearTimeout(roomsTimer);
  if (game) return;
  try {
    const answer = await fetch("/rooms", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
    if (!answer.ok) throw new Error(`${answer.status}`);
    rooms = (await answer.json()).filter((room) => typeof room.name === "string");
    showRooms();
    if (present === false) say("The server is back.");
    present = true;
  } catch {
    present = false;
    say("The server does not answer. Trying again by itself.", true);
  }
  refreshButtons();
  if (!document.hidden) roomsTimer = setTimeout(askForRooms, ROOMS_EVERY_MS);
}

function showRooms() {
  const list = on("rooms");
  // What is written in the field counts, as when it comes to joining.
  const before = on("room").value.trim() || (document.querySelector("#rooms input:checked")?.value ?? "");
  const any = { name: "", title: "Any room with a free seat" };
  const rows = [any, ...rooms];
  list.replaceChildren(...rows.map((room) => roomRow(room, room.name === before)));
  if (!list.querySelector("input:checked") && on("room").value.trim() === "") list.querySelector("input").checked = true;
}

function roomRow(room, checked) {
  const row = document.createElement("label");
  const radio = Object.assign(document.createElement("input"), {
    type: "radio", name: "room-choice", value: room.name, checked,
  });
  radio.addEventListener("change", () => { on("room").value = ""; });
  const name = Object.assign(document.createElement("span"), {
    className: "name", textContent: room.title ?? room.name,
  });
  row.append(radio, name);
  if (room.name !== "") {
    const seats = Object.assign(document.createElement("span"), {
      className: "seats", textContent: `${room.players} of ${room.seats}`,
    });
    const fill = Object.assign(document.createElement("span"), { className: "fill" });
    fill.style.width = `${Math.min(100, (100 * room.players) / Math.max(1, room.seats))}%`;
    row.append(seats, fill);
  }
  return row;
}

// --- The connect check ---------------------------------------------------------------------------

async function check() {
  on("check").disabled = true;
  on("check").textContent = "Checking";
  for (const row of document.querySelectorAll("#figures tbody tr")) showFigures(row, null);
  try {
    for (const one of JSON.parse(await client.connect_check())) {
      showFigures(document.querySelector(`#figures tr[data-transport="${one.transport}"]`), one);
    }
  } catch (problem) {
    for (const row of document.querySelectorAll("#figures tbody tr")) {
      showFigures(row, { words: String(problem) });
    }
  }
  on("check").textContent = "Check again";
  refreshButtons();
}

/** One row: busy without figures, else figures or why there are none. */
function showFigures(row, one) {
  row.className = one === null ? "busy" : one.words ? "lost" : "good";
  const cell = (text) => Object.assign(document.createElement("td"), { textContent: text });
  const cells = [];
  if (one?.words) {
    cells.push(Object.assign(cell(one.words), { colSpan: 3, className: "why" }));
  } else if (one) {
    const ms = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
    cells.push(ms(one.rtt_ms), ms(one.jitter_ms), `${(one.loss * 100).toFixed(one.loss ? 1 : 0)} %`);
  } else {
    cells.push("\u2026", "\u2026", "\u2026");
  }
  row.replaceChildren(row.querySelector("th"),
    ...cells.map((what) => (typeof what === "string" ? cell(what) : what)));
}

// --- Loading -------------------------------------------------------------------------------------

/** Why this browser cannot run the client; empty when it can. */
function obstacle() {
  if (typeof WebAssembly !== "object" || !WebAssembly.validate(VECTORS)) {
    return "This browser is too old for the client: it needs WebAssembly with vector instructions.";
  }
  const probe = document.createElement("canvas");
  const drawing = probe.getContext("webgl2") ?? probe.getContext("webgl");
  drawing?.getExtension("WEBGL_lose_context")?.loseContext();
  return drawing ? "" : "This browser does not draw with WebGL: switch on hardware acceleration.";
}

/** The wasm as it comes, while the bar follows its bytes. */
async function downloaded() {
  const answer = await fetch(made.wasm);
  if (!answer.ok) throw new Error("this server has no build of the client");
  const whole = Number(made.wasmBytes);
  let got = 0;
  const counted = answer.body.pipeThrough(new TransformStream({
    transform(chunk, out) {
      got += chunk.length;
      on("bar").style.transform = `scaleX(${Math.min(1, got / whole)})`;
      out.enqueue(chunk);
    },
  }));
  return new Response(counted, { headers: { "content-type": "application/wasm" } });
}

async function load(tries) {
  // A browser may remember for as long as the page lives that a module did not come.
  const address = tries === 0 ? made.client : `${made.client}?again=${tries}`;
  const [glue, wasm] = await Promise.all([import(address), downloaded()]);
  await glue.default({ module_or_path: wasm });
  client = glue;
  renewal.done();
}

/**
 * A server with another build of the client answers for the files of this page's build that there are none:
 * the page is loaded anew, and joins as it would have here. Once, until a client has loaded.
 */
const renewal = {
  KEY: "tickwire.renewed",
  async isDue() {
    const isGone = async (address) => {
      const answer = await fetch(address, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
      return answer.status === 404;
    };
    try {
      const gone = await Promise.all([made.client, made.wasm].map(isGone));
      return gone.includes(true) && sessionStorage.getItem(renewal.KEY) === null;
    } catch { return false; }
  },
  begin() {
    sessionStorage.setItem(renewal.KEY, "1");
    if (before) sessionStorage.setItem(left.KEY, JSON.stringify(before));
    else history.replaceState(null, "", filledIn());
    location.reload();
  },
  done() { try { sessionStorage.removeItem(renewal.KEY); } catch { /* as well */ } },
};

/** The link to this page as its form is filled in now. */
function filledIn() {
  const link = new URL(location.href);
  for (const [what, value] of Object.entries(choice())) {
    if (value) link.searchParams.set(what, value);
    else link.searchParams.delete(what);
  }
  return link;
}

/** Loads again and again until it worked: a server that is being restarted is soon back. */
async function loadPatiently() {
  let wait = 1000;
  for (let tries = 0; client === null; tries += 1, wait = Math.min(wait * 2, 8000)) {
    try {
      await load(tries);
    } catch (problem) {
      if (await renewal.isDue()) return renewal.begin();
      say(`The client could not be loaded (${problem.message}). Trying again.`, true);
      await new Promise((done) => { setTimeout(done, wait); });
    }
  }
  refreshButtons();
}

function refreshButtons() {
  const ready = client !== null && present === true;
  on("go").disabled = !ready;
  on("check").disabled = !ready || on("check").textContent === "Checking";
  for (const id of ["login", "register"]) on(id).disabled = !ready;
  on("go-text").textContent = client === null ? "Loading" : present === false ? "Waiting for the server" : "Join";
}

// --- The game ------------------------------------------------------------------------------------

/** Joins as a guest, or with what the server gave for a password and one room. */
function join(event, login) {
  event?.preventDefault();
  const { name, room, transport } = { ...choice(), ...login?.as };
  const admission = login?.token;
  if (!checkName(name)) return;
  kept.set("name", name);
  const link = new URL(location.href);
  link.search = room ? `?${new URLSearchParams({ room })}` : "";
  history.replaceState(null, "", link);
  start({ name, room, transport, admission });
}

/** Whether the name can be used; says why not. */
function checkName(name) {
  const problem = problemOf(name);
  on("name").setAttribute("aria-invalid", String(problem !== ""));
  if (problem) {
    on("name").focus();
    say(problem, true);
  }
  return problem === "";
}

/**
 * The room to log in to, since a login is for one alone. Whoever picked none gets the fullest with a free
 * seat, or else the one that the server opens first.
 */
async function roomOfLogin(picked) {
  if (picked) return picked;
  const free = rooms.filter((room) => room.players < room.seats);
  if (free.length > 0) return free.reduce((best, room) => (room.players > best.players ? room : best)).name;
  const answer = await fetch("/connect-info", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
  return (await answer.json()).room;
}

/**
 * Logs in or registers under the name of the form, and joins at once: what the server gives for a password
 * is good for one minute, one room and one join, and is kept nowhere.
 */
async function enter(path) {
  const { name, room: picked } = choice();
  if (!checkName(name)) return;
  const password = on("password").value;
  if (password === "") {
    on("password").focus();
    return say("Write the password first.", true);
  }
  say(path === "/login" ? "Logging in." : "Registering.");
  for (const id of ["login", "register"]) on(id).disabled = true;
  try {
    const room = await roomOfLogin(picked);
    const answer = await fetch(path, {
      method: "POST", headers: { "content-type": "application/json" },
      body: JSON.stringify({ name, password, room }), signal: AbortSignal.timeout(LOGIN_MS),
    });
    if (answer.ok) {
      const { token } = await answer.json();
      on("password").value = "";
      say("");
      join(null, { token, as: { name, room } });
    } else {
      const words = (await answer.text()).trim();
      say(`${words.charAt(0).toUpperCase()}${words.slice(1)}.`, true);
    }
  } catch {
    say("The server did not answer. Try again.", true);
  }
  refreshButtons();
}

/** Puts the canvas in the place of the join screen, or the other way round. */
function showGame(shown) {
  on("arena").hidden = !shown;
  on("menu").hidden = shown;
  document.body.classList.toggle("playing", shown);
}

/**
 * Makes the canvas's context before the client asks for it, which then gets this one: edges are drawn
 * smooth already, so that smoothing every pixel again would only cost.
 */
function prepareCanvas() {
  on("arena").getContext("webgl2", {
    alpha: false, antialias: false, depth: false, stencil: false, powerPreference: "high-performance",
  });
  // A browser also takes the picture of a canvas that is long gone.
  on("arena").addEventListener("webglcontextlost", ({ target }) => { if (game && target === on("arena")) repair(); });
}

/**
 * The picture or the client is broken for good, as after a reset of the display: the page is loaded anew
 * and goes on with the same session. Not again and again, and not twice before the page is gone.
 */
function repair() {
  const broken = game;
  left.keep();
  game = null;
  chat.end();
  if (!broken.has_failed()) broken.let_go();
  const isFirst = Date.now() - Number(kept.get("repaired") ?? 0) > REPAIR_EVERY_MS;
  if (isFirst) {
    kept.set("repaired", String(Date.now()));
    return location.reload();
  }
  showGame(false);
  say("The picture broke twice in a row. Load this page again.", true);
  on("status").scrollIntoView({ block: "center" });
}

async function start({ name, room, transport, resume, admission }) {
  clearTimeout(roomsTimer);
  playing = { name, room, transport };
  token = resume ?? null;
  showGame(true);
  prepareCanvas();
  try {
    game = await client.play(on("arena"), name, room, transport, resume, admission, guest.keyOf(name));
    chat.begin(game);
    on("arena").focus();
    requestAnimationFrame(noteFrame);
    // A page that was opened behind others gets no event that says so.
    if (document.hidden) away(true);
  } catch (problem) {
    back();
    say(`The game cannot be drawn: ${problem}`, true);
  }
}

/** Back to the join screen, with a canvas nobody has drawn on. */
function back() {
  left.forget();
  const over = game;
  game = null;
  chat.end();
  over?.end();
  on("arena").replaceWith(on("arena").cloneNode());
  showGame(false);
  guest.show();
  refreshButtons();
  askForRooms();
}

/** When the browser last asked for a picture. */
let drawnAt = 0;

function noteFrame(now) {
  drawnAt = now;
  if (game) requestAnimationFrame(noteFrame);
}

/**
 * Keeps a game going between its pictures: on a slow display packets and steering do not wait for the
 * next one, and a hidden tab, which is not drawn at all, goes on as often as the browser wakes it.
 */
function tend() {
  if (game?.has_failed()) return repair();
  const was = token;
  token = game?.resume_token() ?? null;
  if (token && token !== was) guest.keep();
  if (game?.has_left()) back();
  else if (performance.now() - drawnAt > SLOW_FRAME_MS) game?.turn();
  chat.turn();
  // A browser may throw a hidden tab away without a word, and each new link has another token.
  if (document.hidden) left.keep();
}

/** The tab is looked at, or not; a frozen one says so while it still can. */
function away(isAway) {
  game?.set_away(isAway);
  chat.looked();
  if (isAway) left.keep();
  else left.forget();
}

function watchTab() {
  // The key of the net graph opens the search of browsers, which would take the keys of the game.
  window.addEventListener("keydown", (event) => { if (game && event.key === "F3") event.preventDefault(); }, true);
  setInterval(tend, TEND_EVERY_MS);
  document.addEventListener("visibilitychange", () => {
    away(document.hidden);
    if (!document.hidden && !game) askForRooms();
  });
  window.addEventListener("online", () => game?.network_changed());
  document.addEventListener("freeze", () => away(true));
  document.addEventListener("resume", () => away(document.hidden));
  // A page that is kept may come back, and with it the session. One that goes may be loaded again, which
  // looks the same from here as a tab that is closed: its session has the grace period.
  window.addEventListener("pagehide", (event) => {
    if (event.persisted) return away(true);
    left.keep();
    game?.let_go();
    game = null;
    chat.end();
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) away(false); });
}

/** What tests and curious people may ask of the page. */
window.tickwire = {
  get state() {
    const told = game?.state();
    return told ? JSON.parse(told) : { phase: "menu", present, loaded: client !== null };
  },
  hold: (input) => game?.hold(input ? JSON.stringify(input) : undefined),
  chat: (text) => game?.chat(text) ?? false,
  /** What the chat shows, and what can be done there: `{ act: "open", place }` and the like. */
  get talk() { return chat.read(); },
  act: (act) => chat.act(act),
  switchTransport: (name = "") => game?.switch_transport(name),
  conditioner: (preset = "") => game?.conditioner(preset),
};

async function main() {
  before = left.take();
  fillForm();
  on("join").addEventListener("submit", join);
  on("check").addEventListener("click", check);
  on("forget").addEventListener("click", guest.forget);
  on("login").addEventListener("click", () => enter("/login"));
  on("register").addEventListener("click", () => enter("/register"));
  // Enter would join as a guest, whose name this is not.
  on("password").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (!on("login").disabled) enter("/login");
  });
  on("room").addEventListener("input", () => {
    for (const radio of document.querySelectorAll("#rooms input:checked")) radio.checked = false;
  });
  watchTab();
  const problem = obstacle();
  if (problem) return say(problem, true);
  await Promise.all([askForRooms(), loadPatiently()]);
  if (game || !client) return;
  if (before) start(before);
  else if (asked.get("join") === "1") join();
}

main();
