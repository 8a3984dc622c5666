//! The panel on a real client that is told what a server would say.

use tickwire_arena::Arena;
use tickwire_arena::kinds::Rules;
use tickwire_shared::client::{Client, ClientConfig};
use tickwire_shared::delta::Tables;
use tickwire_shared::game::schema_of;
use tickwire_shared::id::{AccountId, Lane, LogId, PlayerId, SessionId, Tick};
use tickwire_shared::input::store_row;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{
    Address, Ask, BoundedStr, BoundedVec, ChatCommand, ChatNews, ChatRefusal, ClientControl,
    HandshakeReply, Line, Manner, Presence, Reaction, Receipt, Role, RosterEntry, Scope,
    ServerControl, Status, Token, Welcome, Whom, decode, decode_typing, encode,
};

use super::{Act, Item, ItemState, NoticeKind, Panel, PartKind, Place, complete, parts};
use super::{signs, tag};
use crate::limits::SHELF_CLOSED_MAX;

mod lines;
mod neighbours;
mod places;

const ME: AccountId = AccountId(1);
pub(crate) const BOB: AccountId = AccountId(2);
const ROOM: LogId = LogId(10);
pub(crate) const WHISPER: LogId = LogId(20);

/// What was said to the server.
pub(crate) struct Told {
    talk: Vec<ChatCommand>,
    /// Whether also that the player types.
    typing: bool,
}

pub(crate) struct Stage {
    pub(crate) client: Client<Arena>,
    panel: Panel,
    pub(crate) now: Instant,
}

impl Stage {
    /// Ann, in a room with Bob, whose log is open and empty.
    pub(crate) fn new() -> Stage {
        let now = Instant::from_millis(1_000);
        let config = ClientConfig {
            name: "Ann".to_owned(),
            ..ClientConfig::default()
        };
        let mut client: Client<Arena> = Client::new(config, now).expect("fair declarations");
        let reply = HandshakeReply::Welcome(welcome());
        client.receive(now, Lane::Ordered, &encode(&reply));
        let mut stage = Stage {
            client,
            panel: Panel::default(),
            now,
        };
        let entry = |player, name, account| RosterEntry {
            player: PlayerId(player),
            name: BoundedStr::cut(name),
            account,
            role: Role::Player,
        };
        stage.control(&ServerControl::Joined(entry(0, "Ann", ME)));
        stage.control(&ServerControl::Joined(entry(1, "Bob", BOB)));
        stage.opened(ROOM, room(), (0, 0, 0));
        stage.sent();
        stage
    }

    /// The server says something, and the panel has not heard of it.
    pub(crate) fn receive(&mut self, news: ChatNews) {
        let control = encode(&ServerControl::Talk(news));
        self.client.receive(self.now, Lane::Ordered, &control);
    }

    fn control(&mut self, control: &ServerControl) {
        self.client
            .receive(self.now, Lane::Ordered, &encode(control));
        self.settle();
    }

    fn tell(&mut self, news: ChatNews) {
        self.control(&ServerControl::Talk(news));
    }

    /// Offsets: the first that comes, the next of all, and what was read.
    fn opened(&mut self, log: LogId, scope: Scope, (first, next, read): (u64, u64, u64)) {
        self.tell(ChatNews::Opened {
            log,
            scope,
            epoch: 1,
            first,
            next,
            read,
        });
    }

    fn line(&mut self, log: LogId, offset: u64, from: AccountId, text: &str) {
        let lines = BoundedVec::of_first([line(offset, from, text)]);
        let more = false;
        self.tell(ChatNews::Lines { log, lines, more });
    }

    /// A second later.
    fn settle(&mut self) {
        self.now = self.now + core::time::Duration::from_millis(1_100);
        self.client.frame(self.now);
        while let Some(event) = self.client.poll_event() {
            self.panel.hear(&mut self.client, &event);
        }
        self.panel.frame(self.now, &mut self.client);
        self.client.frame(self.now);
    }

    fn act(&mut self, act: Act) {
        self.panel.act(&mut self.client, act).expect("it is done");
        self.settle();
    }

    fn enter(&mut self, text: &str) -> Result<(), String> {
        let done = self.panel.enter(&mut self.client, text);
        self.settle();
        done
    }

    /// What was said to the server since the last call.
    fn sent(&mut self) -> Vec<ChatCommand> {
        self.all_sent().talk
    }

    fn all_sent(&mut self) -> Told {
        let packets: Vec<_> = core::iter::from_fn(|| self.client.poll_transmit()).collect();
        let of = |lane| packets.iter().filter(move |packet| packet.lane == lane);
        let mut typing = of(Lane::Input).filter_map(|packet| decode_typing(&packet.bytes));
        let talk =
            of(Lane::Ordered).filter_map(|packet| match decode::<ClientControl>(&packet.bytes) {
                Ok(ClientControl::Talk(command)) => Some(command),
                _ => None,
            });
        Told {
            typing: typing.next().is_some(),
            talk: talk.collect(),
        }
    }

    /// Another link, on which nothing is open yet.
    fn relink(&mut self) {
        self.client.reconnect(self.now);
        let reply = HandshakeReply::Welcome(Welcome {
            resumed: true,
            ..welcome()
        });
        self.client
            .receive(self.now, Lane::Ordered, &encode(&reply));
        self.settle();
    }

    /// The lines of what is open: text and how far each got.
    fn lines(&self) -> Vec<(String, &'static str)> {
        let items = self.panel.state(&self.client).items;
        let lines = items.into_iter().filter_map(|item| match item {
            ItemState::Line(line) => {
                let text = line.parts.iter().map(|part| part.text.as_str());
                Some((text.collect(), line.state))
            }
            ItemState::Pending { text, .. } => Some((text, "pending")),
            ItemState::Failed { text, .. } => Some((text, "failed")),
            ItemState::Note { .. } | ItemState::Cut { .. } => None,
        });
        lines.collect()
    }

    fn unread(&self, log: LogId) -> u64 {
        let places = self.panel.places(&self.client);
        let place = places.iter().find(|place| place.key == Place::Log(log));
        place.expect("it is there").unread
    }
}

fn welcome() -> Welcome {
    let schema = schema_of::<Arena>().expect("fair declarations");
    let mut words = Vec::new();
    store_row(&Rules::default(), &schema.rules[0], &mut words);
    Welcome {
        session: SessionId(9),
        resumed: false,
        player: PlayerId(0),
        name: BoundedStr::cut("Ann"),
        room: BoundedStr::cut("pit"),
        tick_hz: 60,
        snapshot_every: 1,
        tick: Tick(1),
        seed: 1,
        rules_kind: 0,
        rules: BoundedVec::of_first(words),
        tables: BoundedVec::of_first(Tables::default_for(&schema).to_bytes()),
        token: Token([1; 16]),
        grace_millis: 30_000,
        account: ME,
        role: Role::Player,
        return_key: Token([2; 16]),
        pen: 7,
    }
}

fn room() -> Scope {
    let name = BoundedStr::cut("pit");
    Scope::Room { name }
}

pub(crate) fn bob() -> Scope {
    let name = BoundedStr::cut("Bob");
    Scope::Whisper { with: BOB, name }
}

pub(crate) fn line(offset: u64, from: AccountId, text: &str) -> Line {
    Line {
        offset,
        from,
        name: BoundedStr::cut(if from == ME { "Ann" } else { "Bob" }),
        role: Role::Player,
        at: offset,
        tick: Tick(1),
        manner: Manner::Said,
        text: BoundedStr::cut(text),
    }
}

#[test]
fn a_whisper_is_told_counted_and_read_once_it_is_looked_at() {
    let mut stage = Stage::new();
    assert_eq!(stage.panel.open(), Some(Place::Log(ROOM)));
    stage.opened(WHISPER, bob(), (0, 0, 0));
    stage.line(WHISPER, 0, BOB, "psst");
    let notice = stage.panel.take_notice().expect("it is told");
    assert_eq!(
        (notice.kind, &*notice.title, &*notice.text),
        (NoticeKind::Whisper, "Bob whispers", "psst")
    );
    assert_eq!(stage.unread(WHISPER), 1);
    let place = Place::Log(WHISPER).to_string();
    stage.act(Act::Open { place });
    assert_eq!(stage.unread(WHISPER), 1, "opened behind something else");
    stage.sent();
    stage.act(Act::Watch { on: true });
    stage.settle();
    assert_eq!(stage.unread(WHISPER), 0);
    let marks = stage.sent().into_iter();
    let read = marks.filter(|command| matches!(command, ChatCommand::Mark { read: 1, .. }));
    assert_eq!(read.count(), 1);
    stage.line(WHISPER, 1, BOB, "and more");
    assert_eq!(stage.panel.take_notice(), None, "the player looks at it");
}

#[test]
fn whispers_that_waited_are_told_together() {
    let mut stage = Stage::new();
    stage.opened(WHISPER, bob(), (0, 3, 1));
    for (offset, text) in [(0, "read"), (1, "one"), (2, "two")] {
        stage.line(WHISPER, offset, BOB, text);
    }
    let notice = stage.panel.take_notice().expect("it is told");
    assert_eq!(
        (notice.kind, &*notice.title, &*notice.text),
        (NoticeKind::Waiting, "Bob whispers: 2 unread", "two")
    );
    assert_eq!(stage.panel.take_notice(), None);
    stage.opened(WHISPER, bob(), (3, 3, 1));
    assert_eq!(stage.panel.take_notice(), None, "a new link is no news");
}

#[test]
fn an_own_line_goes_from_pending_to_read() {
    let mut stage = Stage::new();
    stage.opened(WHISPER, bob(), (0, 0, 0));
    stage.enter("/w bob hello").expect("a whisper");
    assert_eq!(stage.panel.open(), Some(Place::Log(WHISPER)));
    assert_eq!(stage.lines(), [("hello".to_owned(), "pending")]);
    let said = stage.sent().into_iter().find_map(|command| match command {
        ChatCommand::Say { client_id, .. } => Some(client_id),
        _ => None,
    });
    let (client_id, log, offset) = (said.expect("it was said"), WHISPER, 0);
    stage.tell(ChatNews::Acked {
        client_id,
        log,
        offset,
    });
    stage.line(WHISPER, 0, ME, "hello");
    for (delivered, read, state) in [(0, 0, "sent"), (1, 0, "delivered"), (1, 1, "read")] {
        let account = BOB;
        let receipt = Receipt {
            account,
            delivered,
            read,
        };
        let receipts = BoundedVec::of_first([receipt]);
        stage.tell(ChatNews::Receipts { log, receipts });
        assert_eq!(stage.lines(), [("hello".to_owned(), state)]);
    }
}

#[test]
fn a_refused_line_says_why_and_can_be_sent_again_or_forgotten() {
    let mut stage = Stage::new();
    stage.enter("hello").expect("a line");
    let id = stage.client.talk().waiting().next().expect("it waits");
    let client_id = id.client_id;
    let refuse = |reason| ChatNews::Refused {
        client_id,
        reason,
        seconds: 70,
    };
    stage.tell(refuse(ChatRefusal::SlowMode));
    let items = stage.panel.state(&stage.client).items;
    let Some(ItemState::Failed { why, again, .. }) = items.last() else {
        panic!("{items:?}");
    };
    assert!(why.contains("slow mode") && why.ends_with("(1 min left)") && *again);
    let id = client_id.to_string();
    stage.act(Act::Again { id: id.clone() });
    assert_eq!(stage.lines(), [("hello".to_owned(), "pending")]);
    stage.tell(refuse(ChatRefusal::StoreFull));
    stage.act(Act::Forget { id });
    assert_eq!(stage.lines(), []);
}

#[test]
fn older_lines_are_asked_for_once_and_stand_before_the_others() {
    let mut stage = Stage::new();
    stage.opened(WHISPER, bob(), (10, 11, 11));
    stage.line(WHISPER, 10, BOB, "ten");
    stage.act(Act::Whisper {
        account: BOB.0.to_string(),
    });
    stage.sent();
    stage.act(Act::Older);
    stage.act(Act::Older);
    let asked = stage.sent();
    let (log, before) = (WHISPER, 10);
    assert_eq!(asked, [ChatCommand::Page { log, before }]);
    let lines = [8, 9, 10].map(|offset| line(offset, BOB, &format!("line {offset}")));
    stage.tell(ChatNews::Older {
        log,
        lines: BoundedVec::of_first(lines),
        more: false,
    });
    let texts: Vec<String> = stage.lines().into_iter().map(|(text, _)| text).collect();
    assert_eq!(texts, ["line 8", "line 9", "ten"]);
    let state = stage.panel.state(&stage.client);
    assert!(!state.more && !state.loading);
}

#[test]
fn history_that_was_cut_is_said() {
    let mut stage = Stage::new();
    stage.line(ROOM, 0, BOB, "zero");
    stage.opened(ROOM, room(), (5, 6, 0));
    stage.line(ROOM, 5, BOB, "five");
    let items = stage.panel.state(&stage.client).items;
    assert!(matches!(items[1], ItemState::Cut { lines: 4 }), "{items:?}");
}

#[test]
fn what_cannot_be_said_is_told_before_it_is_sent() {
    let mut stage = Stage::new();
    for (text, words) in [
        ("a\u{202e}b", "U+202E"),
        ("/mute Bob", "/mute NAME 10m WHY"),
        ("/no", "no command /no"),
        ("/r hi", "Nobody has whispered"),
        ("/invite Bob", "/party"),
        ("/accept", "Nobody has invited"),
    ] {
        let fault = stage.enter(text).expect_err(text);
        assert!(fault.contains(words), "{text}: {fault}");
    }
    let said = stage.sent().into_iter();
    let said = said.filter(|command| !matches!(command, ChatCommand::Mark { .. }));
    assert_eq!(said.count(), 0);
    assert_eq!(complete("/mu", Role::Player), []);
    assert_eq!(complete("/mu", Role::Admin).len(), 1);
    assert_eq!(complete("/w Bob", Role::Player), []);
}

#[test]
fn a_mention_is_told_and_whoever_is_blocked_is_not_heard() {
    let mut stage = Stage::new();
    stage.line(ROOM, 0, BOB, "look, @ann");
    let notice = stage.panel.take_notice().expect("it is told");
    assert_eq!(notice.title, "Bob mentions you in pit");
    let account = BOB.0.to_string();
    stage.act(Act::Block { account, on: true });
    let asks = |command: &ChatCommand| matches!(command, ChatCommand::Ask { .. });
    assert!(stage.sent().iter().any(asks));
    stage.neighbour(BOB, "Bob", (true, false));
    stage.line(ROOM, 1, BOB, "@ann again");
    assert_eq!(stage.panel.take_notice(), None);
    assert_eq!(stage.lines(), []);
}

#[test]
fn acts_of_a_page_are_read_strictly() {
    let read = |text| serde_json::from_str::<Act>(text);
    let open = read(r#"{"act":"open","place":"l20"}"#).expect("an act");
    assert_eq!(
        open,
        Act::Open {
            place: "l20".to_owned()
        }
    );
    for text in [
        "{}",
        r#"{"act":"open"}"#,
        r#"{"act":"open","place":"l20","more":1}"#,
        r#"{"act":"fly"}"#,
        r#"{"act":"open","place":20}"#,
    ] {
        assert!(read(text).is_err(), "{text}");
    }
    for place in ["", "20", "l", "l-1", "x20", "l18446744073709551616"] {
        assert!(place.parse::<Place>().is_err(), "{place}");
    }
}

#[test]
fn parts_are_the_text_and_shelves_have_bounds() {
    let text = "hi @Ann, see https://a.b/c, or javascript:x \u{5d0}<b>";
    let all = parts(text, "ann");
    let whole: String = all.iter().map(|part| part.text.as_str()).collect();
    assert_eq!(whole, text);
    let of = |kind| all.iter().filter(move |part| part.kind == kind);
    assert_eq!(
        (of(PartKind::Link).count(), of(PartKind::Mention).count()),
        (1, 1)
    );
    let mut stage = Stage::new();
    stage.opened(WHISPER, bob(), (0, 0, 0));
    for offset in 0..150 {
        stage.line(WHISPER, offset, BOB, "x");
    }
    let shelf = stage.panel.shelf(WHISPER).expect("it is open");
    assert_eq!(shelf.items().count(), SHELF_CLOSED_MAX);
    assert_eq!(shelf.older_than(), Some(50), "they can be asked for");
    let is_line = |item: &Item| matches!(item, Item::Line(_));
    assert!(shelf.items().all(is_line));
}
