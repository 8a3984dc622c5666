// Who is there, as elements: name, presence, and what can be done about them.
//
// Never decides what somebody may do: the server does, and says so.

import { element, keepingFocus, place, words } from "/{{lines.js}}";

/** Sections of the list, in order, by how people stand. */
const SECTIONS = [
  ["In this chat", ["owner", "member", "invited"]],
  ["In this room", ["here"]],
  ["Elsewhere", ["friend"]],
  ["Blocked", ["blocked"]],
];

const STATUSES = { online: "there", away: "away", offline: "offline", "": "" };

/** A dot that says how somebody is present, in words too. */
export function dot(status) {
  return element("span", { className: `dot ${status || "unknown"}`, title: STATUSES[status], role: "img",
    "aria-label": STATUSES[status] || "presence unknown" });
}

/** The list of people; one of them may be open, with buttons. */
export class People {
  constructor(list, acts) {
    this.list = list;
    this.acts = acts;
    this.clear();
  }

  /** Forgets everything. */
  clear() {
    this.open = null;
    /** The stern deed that was asked for once: it is done when it is asked for again. */
    this.asked = null;
    this.print = "";
    this.list.replaceChildren();
  }

  show(state) {
    this.state = state;
    const print = JSON.stringify([state.people, state.role, state.name, state.guest, this.open, this.asked]);
    if (print === this.print) return;
    this.print = print;
    keepingFocus(this.list, () => this.draw(state));
  }

  draw(state) {
    const sections = SECTIONS.map(([title, kinds]) => {
      const people = state.people.filter((person) => kinds.includes(person.stands));
      if (people.length === 0) return null;
      return element("li", { className: "section" },
        element("h3", { textContent: `${title} · ${people.length}` }),
        element("ul", {}, ...people.map((person) => this.person(person))));
    });
    const who = `You are ${state.name || "not here yet"}${state.guest ? ", a guest" : ""}.`;
    place(this.list, [...sections.filter(Boolean), words("li", "self", who)]);
  }

  person(person) {
    const row = element("li", { className: "person" });
    row.dataset.row = person.account;
    row.classList.toggle("blocked", person.blocked);
    const detail = detailOf(person);
    const face = element("button", {
      type: "button", className: "face", disabled: person.me, "aria-expanded": String(this.open === person.account),
    }, dot(person.status), words("bdi", "name", person.name),
    detail ? words("span", "detail", detail) : null);
    face.addEventListener("click", () => {
      this.open = this.open === person.account ? null : person.account;
      this.asked = null;
      this.show(this.state);
    });
    row.append(face);
    if (this.open === person.account && !person.me) row.append(this.tools(person));
    return row;
  }

  tools(person) {
    const tools = element("div", { className: "tools", role: "group", "aria-label": `For ${person.name}` });
    const button = (label, text, className, click) => {
      const made = element("button", { type: "button", textContent: text, className });
      made.dataset.what = label;
      made.addEventListener("click", click);
      tools.append(made);
    };
    const done = (what) => () => { [this.open, this.asked] = [null, null]; this.show(this.state); what(); };
    const add = (label, what) => button(label, label, "", done(what));
    const { account } = person;
    // A slip of the hand sends nobody away.
    const stern = (label, deed, seconds) => {
      const act = done(() => this.acts.sanction(account, deed, seconds));
      const ask = () => { this.asked = label; this.show(this.state); };
      if (this.asked === label) button(label, `${label}: sure?`, "stern", act);
      else button(label, label, "stern", ask);
    };
    add("Whisper", () => this.acts.whisper(account));
    add("Invite", () => this.acts.invite(account));
    // Whoever is blocked is not followed.
    if (person.followed) add("Unfollow", () => this.acts.follow(account, false));
    else if (!person.blocked) add("Follow", () => this.acts.follow(account, true));
    add(person.blocked ? "Unblock" : "Block", () => this.acts.block(account, !person.blocked));
    if (["moderator", "admin"].includes(this.state.role)) {
      stern("Mute 10 min", "mute", 600);
      stern("Kick", "kick", 0);
      stern("Ban 1 day", "ban", 86_400);
    }
    return tools;
  }
}

function detailOf(person) {
  const how = howOf(person);
  if (!person.followed) return how;
  return how ? `followed, ${how}` : "followed";
}

function howOf(person) {
  if (person.me) return "you";
  if (person.blocked) return "blocked";
  if (person.stands === "invited") return "invited";
  if (person.room) return `in ${person.room}`;
  return person.status === "online" ? "" : STATUSES[person.status];
}
