// The lines of a chat as elements. A stranger's words only ever become text: nothing here reads them as
// anything else, and each stands in an element of its own that keeps its direction to itself.
//
// Never asks the client for anything: whoever draws hands over what to do.

/** Signs that are offered. */
export const SIGNS = ["👍", "❤️", "😂", "🎉", "😮", "👎"];

/** Lines of the same author within so many milliseconds stand together. */
const TOGETHER_MS = 5 * 60_000;

export function element(tag, what = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(what)) {
    if (name in made && name !== "role") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A stranger's words in one direction of their own. */
export function words(tag, className, text) {
  return element(tag, { className, dir: "auto", textContent: text });
}

/** Quarters of an hour whose days are remembered; every zone of time is off by whole ones. */
const QUARTER_MS = 15 * 60_000;
const QUARTERS_MAX = 1_000;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

const days = new Map();

/** The day of a time in words, which take long to find. */
function dayOf(at) {
  const quarter = Math.floor(at / QUARTER_MS);
  if (!days.has(quarter)) {
    if (days.size >= QUARTERS_MAX) days.clear();
    days.set(quarter, day.format(new Date(at)));
  }
  return days.get(quarter);
}

/** Draws a list, and gives the focus back to the same button of the same row when its element is another now. */
export function keepingFocus(list, draw) {
  const had = list.contains(document.activeElement) ? document.activeElement : null;
  const row = had?.closest("[data-row]")?.dataset.row;
  draw();
  if (!row || document.activeElement === had) return;
  const now = list.querySelector(`[data-row="${CSS.escape(row)}"]`);
  const all = now ? [now, ...now.querySelectorAll("button, a")] : [];
  const same = all.find((one) => one === had) ?? all.find((one) => nameOf(one) === nameOf(had));
  (same ?? all.find((one) => one.tagName === "BUTTON") ?? list).focus({ preventScroll: true });
}

/** What a button is, whatever it counts. */
function nameOf(one) {
  return `${one.tagName} ${one.dataset.what ?? one.className} ${one.href ?? ""}`;
}

/** The list of lines; draws only what is not as it was. */
export class Lines {
  /** `acts` has what can be done with a line. */
  constructor(list, acts) {
    this.list = list;
    this.acts = acts;
    this.drawn = new Map();
    /** The line whose tools are shown. */
    this.tools = null;
    list.addEventListener("keydown", (event) => this.key(event));
  }

  /** Shows the lines of a state. */
  show(state) {
    keepingFocus(this.list, () => this.draws(state));
  }

  /** Forgets everything. */
  clear() {
    this.drawn.clear();
    this.tools = null;
    this.list.replaceChildren();
  }

  draws(state) {
    // A line of the same number in another place is another line.
    if (state.open !== this.state?.open) this.tools = null;
    this.state = state;
    const rows = rowsOf(state);
    const before = this.drawn;
    this.drawn = new Map();
    const elements = rows.map((row) => {
      const tools = row.key === this.tools;
      const print = JSON.stringify([row, tools]);
      const known = before.get(row.key);
      const drawn = known?.print === print ? known.drawn : this.draw(row, tools);
      this.drawn.set(row.key, { print, drawn });
      return drawn;
    });
    place(this.list, elements);
  }

  /** The first line that is seen, and where. */
  firstSeen() {
    const { top } = this.list.getBoundingClientRect();
    const seen = [...this.list.children].find((row) => row.dataset.row && row.getBoundingClientRect().bottom > top);
    return seen ? { row: seen.dataset.row, at: seen.getBoundingClientRect().top } : null;
  }

  /** Scrolls so that it is seen there again. */
  hold({ row, at }) {
    const now = this.list.querySelector(`[data-row="${CSS.escape(row)}"]`);
    if (now) this.list.scrollTop += now.getBoundingClientRect().top - at;
  }

  openTools(key) {
    this.tools = this.tools === key ? null : key;
    this.show(this.state);
    if (this.tools) this.drawn.get(key)?.drawn.querySelector(".tools button")?.focus();
    else this.drawn.get(key)?.drawn.querySelector(".more")?.focus();
  }

  key(event) {
    if (event.key === "Escape" && this.tools) {
      event.stopPropagation();
      this.openTools(this.tools);
    }
  }

  draw(row, tools) {
    const kinds = {
      line: () => this.line(row, tools),
      note: () => words("li", "note", row.words),
      begin: () => element("li", { className: "begin", textContent: row.words }),
      cut: () => words("li", "cut", cutWords(row.lines)),
      day: () => element("li", { className: "day", textContent: row.words }),
      fresh: () => element("li", { className: "fresh" }, element("span", { textContent: "New" })),
      pending: () => this.pending(row),
      failed: () => this.failed(row),
    };
    return kinds[row.item]();
  }

  line(row, tools) {
    const made = element("li", { className: `line ${row.manner}` });
    for (const [name, on] of [["mine", row.mine], ["mentioned", row.mentioned], ["follows", row.follows]]) {
      made.classList.toggle(name, on);
    }
    made.dataset.offset = row.offset;
    made.dataset.row = row.key;
    made.append(this.head(row), this.body(row));
    const under = this.under(row, tools);
    if (under) made.append(under);
    return made;
  }

  /** Who and when; of lines that follow each other only for those who cannot see it. */
  head(row) {
    const at = new Date(row.at);
    const role = row.role === "player" ? null : element("span", { className: "role", textContent: row.role });
    const when = element("time", { dateTime: at.toISOString(), title: whole.format(at), textContent: clock.format(at) });
    return element("div", { className: "who" }, words("bdi", "name", row.name), role, when);
  }

  body(row) {
    const text = element("div", { className: "text", dir: "auto" }, ...row.parts.map(part));
    if (row.manner === "emote") text.prepend(words("bdi", "name", row.name), " ");
    const more = element("button", {
      type: "button", className: "more", textContent: "⋯", "aria-label": `What to do with this line of ${row.name}`,
      "aria-expanded": String(row.key === this.tools),
    });
    more.addEventListener("click", () => this.openTools(row.key));
    return element("div", { className: "body" }, text, row.mine ? mark(row) : null, more);
  }

  under(row, tools) {
    const signs = row.reactions.map((reaction) => this.sign(row, reaction));
    if (signs.length === 0 && !tools) return null;
    const made = element("div", { className: "under" }, ...signs);
    if (tools) made.append(this.toolsOf(row));
    return made;
  }

  sign(row, { sign, count, mine }) {
    const made = element("button", {
      type: "button", className: "sign", "aria-pressed": String(mine),
      "aria-label": `${sign}, ${count}. ${mine ? "Take yours away" : "Add yours"}`,
    }, words("span", "glyph", sign), element("span", { className: "count", textContent: count }));
    made.dataset.what = `sign ${sign}`;
    made.addEventListener("click", () => this.acts.react(row.offset, sign, !mine));
    return made;
  }

  toolsOf(row) {
    const tools = element("div", { className: "tools", role: "group", "aria-label": "For this line" });
    const add = (label, title, what, className = "") => {
      const button = element("button", { type: "button", className, textContent: label, title, "aria-label": title });
      button.dataset.what = label;
      button.addEventListener("click", () => { this.openTools(row.key); what(); });
      tools.append(button);
    };
    for (const sign of SIGNS) {
      const on = !row.reactions.some((one) => one.sign === sign && one.mine);
      add(sign, `React with ${sign}`, () => this.acts.react(row.offset, sign, on), "glyph");
    }
    if (!row.mine && row.manner !== "notice") {
      add("Whisper", `Whisper to ${row.name}`, () => this.acts.whisper(row.from));
      add("Report", "Ask a moderator to look at this line", () => this.acts.report(row.offset));
    }
    return tools;
  }

  pending(row) {
    const state = element("span", { className: "state", textContent: "sending…" });
    return element("li", { className: "line mine pending follows" },
      element("div", { className: "body" }, words("div", "text", row.text), state));
  }

  failed(row) {
    const why = element("span", { className: "why", textContent: `Not sent: ${row.why}.` });
    const under = element("div", { className: "under" }, why);
    const add = (label, what) => {
      const button = element("button", { type: "button", className: "act", textContent: label });
      button.dataset.what = label;
      button.addEventListener("click", what);
      under.append(button);
    };
    if (row.again) add("Send again", () => this.acts.again(row.id));
    add("Edit", () => this.acts.edit(row.id, row.text));
    add("Dismiss", () => this.acts.forget(row.id));
    const made = element("li", { className: "line mine failed follows" },
      element("div", { className: "body" }, words("div", "text", row.text)), under);
    made.dataset.row = row.key;
    return made;
  }
}

/** The rows of a state: its items, with days and the first unread line between them. */
function rowsOf(state) {
  const rows = [];
  let last = null;
  let today = null;
  let fresh = state.fresh;
  const first = state.more ? undefined : state.items.find((item) => item.item === "line");
  if (first) {
    const words = first.offset === 0 ? "This is where it began." : "Older lines are not shown here.";
    rows.push({ item: "begin", key: "begin", words });
  }
  for (const [at, item] of state.items.entries()) {
    if (item.item !== "line") {
      const key = item.id ?? (item.key === undefined ? `cut ${at}` : `note ${item.key}`);
      rows.push({ ...item, key: `${item.item} ${key}` });
      if (item.item !== "pending") last = null;
      continue;
    }
    const date = dayOf(item.at);
    if (today !== date) {
      rows.push({ item: "day", key: `day ${date}`, words: date });
      [today, last] = [date, null];
    }
    if (fresh !== null && item.offset >= fresh && !item.mine) {
      rows.push({ item: "fresh", key: "fresh" });
      [fresh, last] = [null, null];
    }
    const follows = last !== null && last.from === item.from && item.manner === "said" && last.manner === "said"
      && item.at - last.at < TOGETHER_MS;
    rows.push({ ...item, key: `line ${item.offset}`, follows });
    last = item;
  }
  return rows;
}

/** Makes these the children of a list, and touches only those that are not in their place. */
export function place(list, elements) {
  const wanted = new Set(elements);
  for (const old of [...list.children]) if (!wanted.has(old)) old.remove();
  for (const [at, one] of elements.entries()) {
    if (list.children[at] !== one) list.insertBefore(one, list.children[at] ?? null);
  }
}

function part({ kind, text }) {
  if (kind === "text") return document.createTextNode(text);
  if (kind === "mention") return element("mark", { textContent: text });
  // Opened by a click alone, in a page that knows nothing of this one.
  return element("a", {
    textContent: text, href: text, target: "_blank", rel: "noopener noreferrer nofollow ugc",
    referrerPolicy: "no-referrer", dir: "ltr",
  });
}

/** How far an own line got. */
function mark({ state, read_by: readBy }) {
  const titles = { sent: "Sent: the server has stored it", delivered: "Delivered", read: "Read" };
  const many = state === "read" && readBy > 1 ? ` by ${readBy}` : "";
  return element("span", {
    className: `state ${state}`, title: `${titles[state]}${many}`, role: "img", "aria-label": `${titles[state]}${many}`,
    textContent: state === "sent" ? "✓" : `✓✓${many ? ` ${readBy}` : ""}`,
  });
}

function cutWords(lines) {
  return lines === 1 ? "One line in between is no longer kept." : `${lines} lines in between are no longer kept.`;
}
