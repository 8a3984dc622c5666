//! What must hold in every run, whatever the network does.
//!
//! Oracles only look: none of them changes a run. Each panics with the invariant's number (I5,
//! I13, ...) of the reliability design, so that a failure says which promise broke.

use std::collections::BTreeMap;

use tickwire_shared::delta::{Confirmed, ConfirmedRow};
use tickwire_shared::id::{EntityId, PlayerId, Tick};
use tickwire_shared::schema::{Audience, Kind, Level, Motion, Schema, degrade};
use tickwire_shared::snapshot::{Mirror, RowAt};

/// What the oracles counted in a run: a run that checked nothing proves nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Rows compared with the server's.
    pub rows: u64,
    /// Rows of own entities among them, known up to the owner's words.
    pub own_rows: u64,
    /// Inputs compared with what the player did.
    pub inputs: u64,
    /// Chat messages that arrived.
    pub chat: u64,
    /// Events that arrived.
    pub events: u64,
    /// Rows whose tick had left the server's history before they arrived.
    pub too_old: u64,
}

/// I5 and I13 for what one client learned of `tick`: each row equals the server's row of that tick
/// at the level it was sent with, and owners' words are the owner's alone.
///
/// # Panics
/// When a row differs, stands for an entity that was not there, or tells too much.
pub fn rows_of_tick(
    mirror: &Mirror,
    confirmed: &Confirmed,
    me: PlayerId,
    tick: Tick,
    checked: &mut Checked,
) {
    for id in confirmed.ids() {
        let Some(row) = confirmed.row_at(id, tick).filter(|row| row.tick == tick) else {
            continue;
        };
        if tick < mirror.oldest() {
            checked.too_old += 1;
            continue;
        }
        let Some(server) = mirror.row_at(id.slot, tick) else {
            panic!("I5: {me} holds {id} at {tick}, which did not exist then");
        };
        check_row(mirror.schema(), &server, &row, me);
        checked.rows += 1;
        checked.own_rows += u64::from(row.known == Audience::Owner);
    }
}

fn check_row(schema: &Schema, server: &RowAt<'_>, row: &ConfirmedRow, me: PlayerId) {
    let (id, tick) = (row.id, row.tick);
    assert_eq!(
        (server.id, server.kind),
        (id, row.kind),
        "I5: {me} confuses {id} at {tick}"
    );
    assert_eq!(
        server.owner, row.owner,
        "I5: {me} knows a wrong owner of {id} at {tick}"
    );
    let mine = server.owner == Some(me);
    assert!(
        row.known < Audience::Server,
        "I13: {me} knows server words of {id}"
    );
    assert!(
        mine || row.known == Audience::All,
        "I13: {me} knows owner words of {id}"
    );
    // An owned entity beyond the size of the prediction group is merely shown.
    let predicted = row.level == Level::Exact;
    let owned = row.known == Audience::Owner;
    assert_eq!(
        predicted, owned,
        "I5: {me} has {id} at a level that does not fit its use"
    );
    let kind = schema.entity(row.kind).expect("the server has such a kind");
    if kind.def.motion != Motion::Free {
        assert_eq!(
            server.since, row.since,
            "I5: {me} has {id} on another trajectory at {tick}"
        );
    }
    for word in 0..kind.row_words(row.known) {
        let expected = degrade(server.words[word], kind.words[word].shift(row.level));
        let field = field_name(kind, word);
        assert_eq!(
            row.words[word], expected,
            "I5: {me} has {id}.{field} wrong at {tick}"
        );
    }
}

/// The name of the field a word belongs to.
#[must_use]
pub fn field_name(kind: &Kind, word: usize) -> &'static str {
    let field = kind.words.get(word).and_then(|spec| spec.field);
    field.map_or("hidden word", |at| kind.def.fields[usize::from(at)].name)
}

/// I6: ticks only grow.
#[derive(Clone, Copy, Debug, Default)]
pub struct Monotone(Tick);

impl Monotone {
    /// Takes the next tick.
    ///
    /// # Panics
    /// When it is before the last one.
    pub fn next(&mut self, tick: Tick, whose: &str) {
        assert!(
            tick >= self.0,
            "I6: {whose} went back from {} to {tick}",
            self.0
        );
        self.0 = tick;
    }

    /// The newest tick so far.
    #[must_use]
    pub fn newest(self) -> Tick {
        self.0
    }
}

/// I1: every message once, in one order, without a gap.
#[derive(Clone, Debug, Default)]
pub struct ChatBook {
    /// Text by offset, as the first receiver got it.
    spoken: BTreeMap<u64, (PlayerId, String)>,
    /// The next offset each receiver is due.
    due: BTreeMap<PlayerId, u64>,
    /// Texts that senders handed in, in order, by sender.
    sent: BTreeMap<PlayerId, Vec<String>>,
    /// How many of a sender's texts got an offset.
    seen: BTreeMap<PlayerId, usize>,
}

impl ChatBook {
    /// A player said something; texts of one player must differ.
    pub fn say(&mut self, sender: PlayerId, text: &str) {
        self.sent.entry(sender).or_default().push(text.to_owned());
    }

    /// A player got a message.
    ///
    /// # Panics
    /// When it comes again, leaves a gap, differs from what others got, or was never said.
    pub fn hear(&mut self, me: PlayerId, offset: u64, sender: PlayerId, text: &str) {
        if let Some(due) = self.due.get(&me) {
            assert_eq!(*due, offset, "I1: {me} is due chat {due} and got {offset}");
        }
        self.due.insert(me, offset + 1);
        if let Some(known) = self.spoken.get(&offset) {
            let same = known.0 == sender && known.1 == text;
            assert!(
                same,
                "I1: {me} got {text:?} from {sender} as {offset}, others {known:?}"
            );
            return;
        }
        self.spoken.insert(offset, (sender, text.to_owned()));
        let seen = self.seen.entry(sender).or_default();
        let expected = self.sent.get(&sender).and_then(|texts| texts.get(*seen));
        assert_eq!(
            expected.map(String::as_str),
            Some(text),
            "I1: {sender} did not say this next"
        );
        *seen += 1;
    }

    /// After the network has healed and time has passed: everything said was heard by everybody.
    ///
    /// # Panics
    /// When a message was lost for anybody.
    pub fn settle(&self) {
        for (sender, texts) in &self.sent {
            let seen = self.seen.get(sender).copied().unwrap_or(0);
            assert_eq!(
                seen,
                texts.len(),
                "I1: {sender} said {} and {seen} arrived",
                texts.len()
            );
        }
        let end = self
            .spoken
            .last_key_value()
            .map_or(0, |(offset, _)| offset + 1);
        for (me, due) in &self.due {
            assert_eq!(*due, end, "I1: {me} heard up to {due} of {end}");
        }
    }

    /// Messages that got an offset.
    #[must_use]
    pub fn spoken(&self) -> usize {
        self.spoken.len()
    }
}

/// I18: everybody gets on after the network healed.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    at_heal: BTreeMap<PlayerId, Tick>,
}

impl Progress {
    /// Where everybody stood when the network healed.
    pub fn healed(&mut self, me: PlayerId, newest: Tick) {
        self.at_heal.insert(me, newest);
    }

    /// Where everybody stands five seconds later.
    ///
    /// # Panics
    /// When a client did not get on for most of that time.
    pub fn check(&self, me: PlayerId, newest: Tick, ticks_since: u32) {
        let Some(then) = self.at_heal.get(&me) else {
            return;
        };
        let gained = newest.since(*then);
        assert!(
            gained * 2 > ticks_since,
            "I18: {me} gained {gained} of {ticks_since} ticks"
        );
    }
}

/// After heal: a client knows everything it is entitled to, and nothing else that does not `fit`.
///
/// # Panics
/// When an entity is missing, or one is known that is gone or hidden.
pub fn converged(
    me: PlayerId,
    known: &[EntityId],
    entitled: &[EntityId],
    fits: impl Fn(&EntityId) -> bool,
) {
    for id in entitled {
        assert!(known.contains(id), "I5: {me} never learned of {id}");
    }
    for id in known {
        assert!(fits(id), "I13: {me} still knows {id}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeds::reason;

    fn caught(run: impl FnOnce() + std::panic::UnwindSafe) -> String {
        reason(
            std::panic::catch_unwind(run)
                .expect_err("the oracle must see it")
                .as_ref(),
        )
    }

    fn spoken() -> ChatBook {
        let mut book = ChatBook::default();
        for text in ["a", "b"] {
            book.say(PlayerId(1), text);
        }
        book.hear(PlayerId(1), 7, PlayerId(1), "a");
        book.hear(PlayerId(2), 7, PlayerId(1), "a");
        book.hear(PlayerId(2), 8, PlayerId(1), "b");
        book
    }

    #[test]
    fn chat_that_is_lost_doubled_or_stirred_is_seen() {
        let mut book = spoken();
        assert!(caught(|| spoken().settle()).contains("heard up to 8 of 9"));
        book.hear(PlayerId(1), 8, PlayerId(1), "b");
        book.settle();
        assert!(caught(|| spoken().hear(PlayerId(2), 8, PlayerId(1), "b")).contains("due chat 9"));
        assert!(caught(|| spoken().hear(PlayerId(1), 8, PlayerId(1), "x")).contains("others"));
        assert!(caught(|| spoken().hear(PlayerId(2), 9, PlayerId(1), "c")).contains("did not say"));
    }

    #[test]
    fn ticks_that_go_back_are_seen() {
        let mut ticks = Monotone::default();
        ticks.next(Tick(5), "a room");
        assert!(caught(move || ticks.next(Tick(4), "a room")).contains("I6"));
    }
}
