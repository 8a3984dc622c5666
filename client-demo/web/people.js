// Who is there, as elements: name, presence, and what can be done about them.
//
// Never decides what somebody may do: the server does, and says so.

import { element, place, words } from "/{{lines.js}}";

/** Sections of the list, in order, by how people stand. */
const SECTIONS = [
  ["In this chat", ["owner", "member", "invited"]],
  ["In this room", ["here"]],
  ["Elsewhere", ["friend"]],
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
    this.open = null;
    this.print = "";
  }

  show(state) {
    this.state = state;
    const print = JSON.stringify([state.people, state.role, this.open, state.me]);
    if (print === this.print) return;
    this.print = print;
    const focused = document.activeElement?.closest?.("[data-account]")?.dataset.account;
    const sections = SECTIONS.map(([title, kinds]) => {
      const people = state.people.filter((person) => kinds.includes(person.stands));
      if (people.length === 0) return null;
      return element("li", { className: "section" },
        element("h3", { textContent: `${title} · ${people.length}` }),
        element("ul", {}, ...people.map((person) => this.person(person))));
    });
    const who = `You are ${state.name || "not here yet"}${state.guest ? ", a guest" : ""}.`;
    place(this.list, [...sections.filter(Boolean), words("li", "self", who)]);
    if (focused) this.list.querySelector(`[data-account="${CSS.escape(focused)}"] button`)?.focus();
  }

  person(person) {
    const row = element("li", { className: "person" });
    row.dataset.account = person.account;
    row.classList.toggle("blocked", person.blocked);
    const detail = detailOf(person);
    const face = element("button", {
      type: "button", className: "face", disabled: person.me, "aria-expanded": String(this.open === person.account),
    }, dot(person.status), words("bdi", "name", person.name),
    detail ? words("span", "detail", detail) : null);
    face.addEventListener("click", () => {
      this.open = this.open === person.account ? null : person.account;
      this.show(this.state);
    });
    row.append(face);
    if (this.open === person.account && !person.me) row.append(this.tools(person));
    return row;
  }

  tools(person) {
    const tools = element("div", { className: "tools", role: "group", "aria-label": `For ${person.name}` });
    const add = (label, what, className = "") => {
      const button = element("button", { type: "button", textContent: label, className });
      button.addEventListener("click", () => { this.open = null; this.show(this.state); what(); });
      tools.append(button);
    };
    const { account } = person;
    add("Whisper", () => this.acts.whisper(account));
    add("Invite", () => this.acts.invite(account));
    if (person.stands === "friend") add("Unfollow", () => this.acts.follow(account, false));
    else add("Follow", () => this.acts.follow(account, true));
    add(person.blocked ? "Unblock" : "Block", () => this.acts.block(account, !person.blocked));
    if (["moderator", "admin"].includes(this.state.role)) {
      add("Mute 10 min", () => this.acts.sanction(account, "mute", 600), "stern");
      add("Kick", () => this.acts.sanction(account, "kick", 0), "stern");
      add("Ban 1 day", () => this.acts.sanction(account, "ban", 86_400), "stern");
    }
    return tools;
  }
}

function detailOf(person) {
  if (person.me) return "you";
  if (person.blocked) return "blocked";
  if (person.stands === "invited") return "invited";
  if (person.room) return `in ${person.room}`;
  return person.status === "online" ? "" : STATUSES[person.status];
}
