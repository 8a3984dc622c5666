// The chat beside the picture: places, lines, people, what is written, and what the player is told while
// they look elsewhere.
//
// Never keeps a line of its own: each time something has changed the client is asked for all that is shown,
// and nothing is drawn while nothing has.

import { Lines, element, keepingFocus, place, words } from "/{{lines.js}}";
import { People, dot } from "/{{people.js}}";

/** How often changes are drawn at the most, in ms. */
const DRAW_EVERY_MS = 60;

/** How long something told stays, in ms, and how many such stand at a time. */
const TOAST_MS = 9_000;
const TOASTS_MAX = 4;

/** Pixels from an end of the list that count as being there. */
const NEAR_END = 48;

/** Kinds of places whose unread lines are for this player alone. */
const LOUD = ["whisper", "party", "group"];

const MARKS = { room: "#", team: "⚑", near: "◉", party: "★", group: "◆", whisper: "", server: "!" };

const on = (id) => document.getElementById(id);
const title = document.title;

export class Chat {
  /** `leave` gives the keys back to the game. */
  constructor(leave) {
    this.leave = leave;
    this.game = null;
    this.lines = new Lines(on("chat-lines"), this.lineActs());
    this.people = new People(on("chat-people"), this.peopleActs());
    /** What was told outside of the page and may still stand there, by its place. */
    this.outside = new Map();
    this.end();
    this.listen();
  }

  /** A game has begun. */
  begin(game) {
    this.game = game;
    [this.revision, this.drawnAt, this.state] = [-1, 0, null];
    on("chat-open").hidden = false;
    game.chat_shown(false);
  }

  /** It is over. */
  end() {
    this.shut();
    this.game = null;
    this.state = null;
    this.bottom = true;
    this.drafts = new Map();
    this.watching = false;
    [this.placesPrint, this.invitedPrint] = ["", ""];
    on("chat-open").hidden = true;
    on("chat-text").value = "";
    this.lines.clear();
    this.people.clear();
    this.showPeople(false);
    for (const id of ["toasts", "chat-places", "chat-invitations", "chat-typing"]) on(id).replaceChildren();
    for (const shown of this.outside.values()) shown.close();
    this.outside.clear();
    document.title = title;
  }

  /** The tab is looked at, or not: known before the next line comes. */
  looked() {
    if (this.game) this.watch();
  }

  /** Draws what has changed; cheap when nothing has. */
  turn() {
    if (!this.game) return;
    if (this.game.chat_wished()) this.open();
    this.watch();
    const revision = this.game.chat_revision();
    const now = performance.now();
    if (revision === this.revision || now - this.drawnAt < DRAW_EVERY_MS) return;
    [this.revision, this.drawnAt] = [revision, now];
    for (const notice of JSON.parse(this.game.chat_notices())) this.tell(notice);
    this.show(this.asked());
  }

  /** What is shown: lines and people only where somebody sees them. */
  asked() {
    return JSON.parse(this.isOpen ? this.game.chat_state() : this.game.chat_brief());
  }

  /** Everything that is shown, for tests and curious people. */
  read() {
    return this.game ? JSON.parse(this.game.chat_state()) : null;
  }

  /** Does something; says what to do instead when it cannot be done. */
  act(act) {
    const fault = this.game?.chat_act(JSON.stringify(act)) ?? null;
    if (fault !== null) this.fault(fault);
    return fault === null;
  }

  get isOpen() { return !on("chat").hidden; }

  open() {
    if (!this.game) return;
    on("chat").hidden = false;
    on("chat-open").setAttribute("aria-expanded", "true");
    document.body.classList.add("chatting");
    this.game.chat_shown(true);
    if (this.state) this.show(this.asked());
    this.toBottom();
    on("chat-text").focus();
  }

  close() {
    this.shut();
    this.leave();
  }

  shut() {
    on("chat").hidden = true;
    on("chat-open").setAttribute("aria-expanded", "false");
    document.body.classList.remove("chatting");
    this.offer([]);
    this.fault(null);
    this.game?.chat_shown(false);
    this.watch();
  }

  /** Opens a place and shows it. */
  goTo(key) {
    if (!this.game) return;
    this.act({ act: "open", place: key });
    if (!this.isOpen) this.open();
    this.bottom = true;
    on("chat-text").focus();
  }

  // --- What is shown -----------------------------------------------------------------------------

  show(state) {
    const moved = state.open !== this.state?.open;
    const old = this.state;
    this.state = state;
    this.badge();
    if (moved) this.changePlace(old?.open ?? null);
    if (!this.isOpen) return;
    this.places();
    this.head();
    this.invitations();
    this.linesInPlace(moved);
    this.people.show(state);
    this.typing();
  }

  /** What was being written stays with its place. */
  changePlace(from) {
    const text = on("chat-text");
    if (from !== null) this.drafts.set(from, text.value);
    text.value = this.drafts.get(this.state.open) ?? "";
    this.bottom = true;
  }

  places() {
    const list = on("chat-places");
    const print = JSON.stringify([this.state.places, this.state.open]);
    if (print === this.placesPrint) return;
    this.placesPrint = print;
    keepingFocus(list, () => place(list, this.state.places.map((one) => this.tab(one))));
  }

  tab(one) {
    const chosen = one.key === this.state.open;
    const face = one.kind === "whisper" ? dot(one.status)
      : element("span", { className: "kind", textContent: MARKS[one.kind], "aria-hidden": "true" });
    const count = one.unread > 0
      ? element("span", { className: "unread", textContent: one.mentions > 0 ? `@${one.unread}` : one.unread,
        "aria-label": `${one.unread} unread${one.mentions > 0 ? ", you are mentioned" : ""}` }) : null;
    const made = element("button", {
      type: "button", role: "tab", className: `place ${one.kind}`, "aria-selected": String(chosen),
      "aria-controls": "chat-lines", tabIndex: chosen ? 0 : -1,
    }, face, words("bdi", "name", one.title), count);
    made.dataset.row = one.key;
    made.dataset.kind = one.kind;
    made.classList.toggle("loud", one.unread > 0 && (LOUD.includes(one.kind) || one.mentions > 0));
    made.addEventListener("click", () => this.goTo(one.key));
    return made;
  }

  current() {
    return this.state?.places.find((one) => one.key === this.state.open) ?? null;
  }

  head() {
    const one = this.current();
    const named = { room: "Room", team: "Your team", near: "Whoever is near", party: "Your party",
      group: "Group", whisper: "Whispers", server: "From the server" };
    on("chat-title").textContent = one?.title ?? "Chat";
    const where = one?.kind === "whisper" ? whereabouts(one) : named[one?.kind] ?? "";
    on("chat-where").textContent = this.state.live ? where : "No link now. What you write is sent later.";
    const text = on("chat-text");
    text.disabled = one !== null && !one.writable;
    text.placeholder = text.disabled ? "Only admins write here" : `Message ${one?.title ?? ""}`;
    // A whisper that was never begun is closed, a party or a group is left.
    on("chat-leave").textContent = isDraft(one) ? "Close" : "Leave";
    on("chat-leave").hidden = !isDraft(one) && !["party", "group"].includes(one?.kind);
  }

  invitations() {
    const print = JSON.stringify(this.state.invitations);
    if (print === this.invitedPrint) return;
    this.invitedPrint = print;
    place(on("chat-invitations"), this.state.invitations.map(({ log, by, to }) => {
      const answer = (label, accept) => {
        const button = element("button", { type: "button", textContent: label, className: accept ? "yes" : "" });
        button.addEventListener("click", () => this.act({ act: "answer", log, accept }));
        return button;
      };
      return element("li", {}, words("span", "text", `${by} invites you to ${to}.`), answer("Accept", true), answer("Decline", false));
    }));
  }

  linesInPlace(moved) {
    const list = on("chat-lines");
    const held = moved || this.bottom ? null : this.lines.firstSeen();
    this.lines.show(this.state);
    on("chat-older").hidden = !this.state.loading;
    // What is looked at stays where it is, whatever comes before or after it.
    if (held) this.lines.hold(held);
    else this.toBottom();
    // Too few to scroll: the older ones fit too.
    if (list.scrollHeight <= list.clientHeight && this.state.more && !this.state.loading) this.act({ act: "older" });
  }

  toBottom() {
    const list = on("chat-lines");
    list.scrollTop = list.scrollHeight;
    this.bottom = true;
  }

  typing() {
    const names = this.state.typing;
    const who = names.length > 3 ? "Several people are" : `${names.join(", ")} ${names.length > 1 ? "are" : "is"}`;
    const line = names.length === 0 ? "" : `${who} typing`;
    if (on("chat-typing").textContent !== line) on("chat-typing").textContent = line;
    on("chat-typing").classList.toggle("on", line !== "");
  }

  /** Lines for this player alone, on the button and in the title of the tab. */
  badge() {
    const loud = this.state.places.reduce((sum, one) => sum + (LOUD.includes(one.kind) ? one.unread : one.mentions), 0)
      + this.state.invitations.length;
    on("chat-badge").hidden = loud === 0;
    on("chat-badge").textContent = loud > 99 ? "99+" : loud;
    on("chat-open").setAttribute("aria-label", loud === 0 ? "Open the chat" : `Open the chat: ${loud} new for you`);
    document.title = loud === 0 ? title : `(${loud}) ${title}`;
  }

  // --- What the player is told --------------------------------------------------------------------

  tell(notice) {
    const { kind } = notice;
    if (document.hidden && globalThis.Notification?.permission === "granted") return this.notify(notice);
    const act = () => {
      toast.remove();
      if (notice.place) this.goTo(notice.place);
      else this.open();
    };
    const toast = element("li", { className: `toast ${kind}` });
    const face = element("button", { type: "button", className: "face" },
      words("strong", "head", notice.title), notice.text ? words("span", "text", notice.text) : null);
    face.addEventListener("click", act);
    const away = element("button", { type: "button", className: "away", textContent: "×", "aria-label": "Dismiss" });
    away.addEventListener("click", () => toast.remove());
    toast.append(face, away);
    on("toasts").append(toast);
    while (on("toasts").children.length > TOASTS_MAX) on("toasts").firstChild.remove();
    this.fade();
  }

  /** Toasts go some time after somebody could see them. */
  fade() {
    if (document.hidden) return;
    for (const toast of on("toasts").querySelectorAll(":scope > :not([data-seen])")) {
      toast.dataset.seen = "";
      setTimeout(() => toast.remove(), TOAST_MS);
    }
  }

  notify(notice) {
    try {
      const key = notice.place ?? notice.kind;
      // A further one in the place of that before is told again.
      const shown = new Notification(notice.title, { body: notice.text, tag: `tickwire ${key}`, renotify: true, icon: document.querySelector("link[rel=icon]")?.href });
      this.outside.set(key, shown);
      shown.addEventListener("close", () => { if (this.outside.get(key) === shown) this.outside.delete(key); });
      shown.addEventListener("click", () => {
        window.focus();
        shown.close();
        if (notice.place) this.goTo(notice.place);
      });
    } catch { /* Some browsers let only a service worker do it: the badge tells. */ }
  }

  /** Asked for by a button alone: a page that asks by itself is told no. */
  async askToNotify() {
    const answer = await Notification.requestPermission();
    this.notifying();
    if (answer === "denied") this.fault("This browser does not allow it: change that in its settings of this page.");
  }

  notifying() {
    on("chat-notify").hidden = globalThis.Notification?.permission !== "default";
  }

  fault(sentence) {
    on("chat-fault").hidden = !sentence;
    on("chat-fault").textContent = sentence ?? "";
  }

  // --- What the player does -----------------------------------------------------------------------

  /** Whether the newest lines of what is open are seen. */
  watch() {
    const watching = this.game !== null && this.isOpen && !document.hidden && this.bottom && on("chat-main").dataset.show !== "people";
    if (watching === this.watching || !this.game) return;
    this.watching = watching;
    this.game.chat_act(JSON.stringify({ act: "watch", on: watching }));
    // What is read there need not stand outside any more.
    if (watching) this.outside.get(this.state?.open)?.close();
  }

  listen() {
    on("chat-open").addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
    on("chat-close").addEventListener("click", () => this.close());
    on("chat-leave").addEventListener("click", () => this.leavePlace());
    on("chat-notify").addEventListener("click", () => this.askToNotify());
    on("chat-who").addEventListener("click", () => this.showPeople(on("chat-main").dataset.show !== "people"));
    on("chat-form").addEventListener("submit", (event) => { event.preventDefault(); this.enter(); });
    on("chat-text").addEventListener("input", () => this.written());
    on("chat-text").addEventListener("keydown", (event) => this.textKey(event));
    on("chat").addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.defaultPrevented) this.close(); });
    on("chat-places").addEventListener("keydown", (event) => this.placesKey(event));
    on("chat-lines").addEventListener("scroll", () => this.scrolled(), { passive: true });
    // What is done here is not for the game, which listens to the whole page.
    for (const kind of ["keydown", "keyup", "wheel", "touchmove", "touchend"]) {
      on("chat").addEventListener(kind, (event) => event.stopPropagation(), { passive: true });
    }
    document.addEventListener("visibilitychange", () => this.fade());
    this.notifying();
  }

  leavePlace() {
    const one = this.current();
    if (!one) return;
    if (isDraft(one)) this.act({ act: "close", place: one.key });
    else this.act({ act: "enter", text: "/leave", place: one.key });
  }

  showPeople(shown) {
    on("chat-main").dataset.show = shown ? "people" : "lines";
    on("chat-who").setAttribute("aria-pressed", String(shown));
    if (!shown) this.toBottom();
  }

  scrolled() {
    const list = on("chat-lines");
    this.bottom = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END;
    if (list.scrollTop < NEAR_END && this.state?.more && !this.state.loading) this.act({ act: "older" });
  }

  /** Says what was written; nothing gives the keys back to the game. */
  enter() {
    const text = on("chat-text").value.trim();
    if (text === "") return this.close();
    this.offer([]);
    this.fault(null);
    // Said where the player looks, or not at all: places close and open by themselves.
    if (!this.act({ act: "enter", text, place: this.state?.open ?? null })) return;
    on("chat-text").value = "";
    this.drafts.delete(this.state?.open);
    this.toBottom();
  }

  written() {
    const { value } = on("chat-text");
    this.fault(null);
    this.offer(JSON.parse(this.game?.chat_commands(value) || "[]"));
    // Nobody is told of a command.
    const place = this.state?.open;
    if (place && value !== "" && !value.startsWith("/")) this.act({ act: "typing", place });
  }

  /** Shows commands that begin with what was written. */
  offer(commands) {
    const list = on("chat-offers");
    this.offered = 0;
    list.hidden = commands.length === 0;
    on("chat-text").setAttribute("aria-expanded", String(commands.length > 0));
    list.replaceChildren(...commands.map(([usage, what], at) => {
      const made = element("li", { role: "option", id: `chat-offer-${at}`, "aria-selected": String(at === 0) },
        element("code", { textContent: usage }), element("span", { textContent: what }));
      made.addEventListener("pointerdown", (event) => { event.preventDefault(); this.take(usage); });
      return made;
    }));
    this.pointAt(0);
  }

  pointAt(at) {
    const all = [...on("chat-offers").children];
    if (all.length === 0) return on("chat-text").removeAttribute("aria-activedescendant");
    this.offered = (at + all.length) % all.length;
    all.forEach((one, index) => one.setAttribute("aria-selected", String(index === this.offered)));
    on("chat-text").setAttribute("aria-activedescendant", all[this.offered].id);
  }

  take(usage) {
    const [word, ...rest] = usage.split(" ");
    on("chat-text").value = rest.length > 0 ? `${word} ` : word;
    this.offer([]);
    on("chat-text").focus();
  }

  textKey(event) {
    // A key that is held sends once, and does not close what it has just opened.
    if (event.key === "Enter" && event.repeat) return event.preventDefault();
    // A key that puts a letter together is not one that sends.
    if (event.isComposing || on("chat-offers").hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.pointAt(this.offered + step);
    else if (event.key === "Tab") this.take(on("chat-offers").children[this.offered].firstChild.textContent);
    else if (event.key === "Escape") this.offer([]);
    else return;
    event.preventDefault();
  }

  placesKey(event) {
    const tabs = [...on("chat-places").children];
    const at = tabs.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    tabs[(to + tabs.length) % tabs.length].focus();
  }

  lineActs() {
    return {
      react: (offset, sign, put) => this.act({ act: "react", place: this.state.open, offset, sign, on: put }),
      whisper: (account) => this.whisper(account),
      report: (offset) => this.act({ act: "report", place: this.state.open, offset, why: "" }),
      again: (id) => this.act({ act: "again", id }),
      forget: (id) => this.act({ act: "forget", id }),
      edit: (id, text) => {
        this.act({ act: "forget", id });
        // What is being written stays, behind it.
        on("chat-text").value = [text, on("chat-text").value].filter(Boolean).join(" ");
        on("chat-text").focus();
      },
    };
  }

  peopleActs() {
    return {
      whisper: (account) => this.whisper(account),
      invite: (account) => this.act({ act: "invite", account }),
      follow: (account, put) => this.act({ act: "follow", account, on: put }),
      block: (account, put) => this.act({ act: "block", account, on: put }),
      sanction: (account, deed, seconds) => this.act({ act: "sanction", account, deed, seconds }),
    };
  }

  whisper(account) {
    this.act({ act: "whisper", account });
    this.showPeople(false);
    on("chat-text").focus();
  }
}

/** Whether a place is a whisper to somebody to whom nothing was whispered so far. */
function isDraft(one) {
  return one !== null && one.key.startsWith("w");
}

function whereabouts({ status, room }) {
  if (status === "offline") return "Offline: they read it when they come back";
  if (status === "away") return room ? `Away, in ${room}` : "Away";
  if (status === "online") return room ? `In ${room}` : "There";
  return "Whispers: between the two of you";
}
