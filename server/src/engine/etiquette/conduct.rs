//! Conduct: the one question whether a line may be said, put to all who have a say in it.
//!
//! Never knows to which log a line goes or who reads it, and is not asked about a line that is
//! stored already. In this order: sanctions, the text itself, limits, the word filter.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tickwire_shared::chat::check_room_name;
use tickwire_shared::id::AccountId;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::ChatRefusal;
use unicode_normalization::UnicodeNormalization as _;

use super::Refusal;
use super::filter::{Blocked, Filter};
use super::pen::{Intent, Pen, Price};
use super::sanctions::{Reach, Sanctions};
use crate::engine::storage::Millis;
use crate::limits::PENS_MAX;

/// A line that may be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Its text as it is to be stored: in NFC, words masked.
    pub text: String,
    /// Who hears it.
    pub reach: Reach,
    /// What it took, for [`Conduct::give_back`].
    pub price: Price,
}

/// Pens, words and sanctions of a server.
#[derive(Clone, Debug)]
pub struct Conduct {
    lines_per_second: u32,
    /// Pens that were used lately, and when.
    pens: BTreeMap<AccountId, (Pen, Instant)>,
    filter: Filter,
    /// Who is held to what.
    pub sanctions: Sanctions,
}

impl Conduct {
    /// Of a server where nothing was said lately. `lines_per_second` as for [`Pen::new`].
    #[must_use]
    pub fn new(lines_per_second: u32) -> Conduct {
        Conduct {
            lines_per_second,
            pens: BTreeMap::new(),
            filter: Filter::default(),
            sanctions: Sanctions::default(),
        }
    }

    /// Other word lists count from now on.
    pub fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
    }

    /// Judges a line of an account, at two clocks: one that never jumps, for limits, and the wall's
    /// for sanctions.
    ///
    /// # Errors
    /// Why not. A line with a blocked word counts as one that was said; otherwise a refused line
    /// costs nothing.
    pub fn judge(
        &mut self,
        now: Instant,
        wall: Millis,
        author: AccountId,
        line: &Intent<'_>,
    ) -> Result<Allowed, Refusal> {
        let reach = self.sanctions.check_say(wall, author)?;
        let (text, price) = self.pen(now, author).judge(now, line)?;
        let shown = match self.filter.apply(&text) {
            Ok(Cow::Borrowed(_)) => None,
            Ok(Cow::Owned(masked)) => Some(masked),
            Err(Blocked) => return Err(Refusal::lasting(ChatRefusal::Words)),
        };
        let text = shown.unwrap_or(text);
        Ok(Allowed { text, reach, price })
    }

    /// A line that might be said was not stored.
    pub fn give_back(&mut self, author: AccountId, price: Price) {
        if let Some((pen, _)) = self.pens.get_mut(&author) {
            pen.give_back(price);
        }
    }

    /// Judges what somebody calls a group; the name as it is to be stored.
    ///
    /// # Errors
    /// Why not: whoever may say nothing names nothing either.
    pub fn name(&self, wall: Millis, author: AccountId, name: &str) -> Result<String, ChatRefusal> {
        let reach = self.sanctions.check_say(wall, author);
        reach.map_err(|refusal| refusal.reason)?;
        let name: String = name.nfc().collect();
        check_room_name(&name).map_err(|_| ChatRefusal::BadText)?;
        match self.filter.apply(&name) {
            Ok(shown) => Ok(shown.into_owned()),
            Err(Blocked) => Err(ChatRefusal::Words),
        }
    }

    fn pen(&mut self, now: Instant, author: AccountId) -> &mut Pen {
        if self.pens.len() >= PENS_MAX && !self.pens.contains_key(&author) {
            self.make_room(now);
        }
        let fresh = || (Pen::new(self.lines_per_second, now), now);
        let (pen, used) = self.pens.entry(author).or_insert_with(fresh);
        *used = now;
        pen
    }

    /// Drops pens that are as good as new, or else the half that was not used for longest.
    fn make_room(&mut self, now: Instant) {
        self.pens.retain(|_, (pen, _)| !pen.is_unused(now));
        if self.pens.len() < PENS_MAX {
            return;
        }
        let mut used: Vec<Instant> = self.pens.values().map(|&(_, used)| used).collect();
        let middle = used.len() / 2;
        let (_, &mut median, _) = used.select_nth_unstable(middle);
        self.pens.retain(|_, (_, used)| *used > median);
    }
}

#[cfg(test)]
mod tests {
    use tickwire_shared::wire::Sanction;

    use super::*;
    use crate::engine::storage::Held;

    const ANN: AccountId = AccountId(1);

    fn said(text: &str) -> Intent<'_> {
        Intent {
            text,
            slow: None,
            whisper_to: None,
        }
    }

    fn conduct() -> Conduct {
        let mut conduct = Conduct::new(1);
        conduct.set_filter(Filter::of("duck", "slit").expect("the lists are fair"));
        conduct
    }

    fn held(sanction: Sanction) -> Held {
        Held {
            account: ANN,
            sanction,
            until: Millis(5_000),
            by: AccountId(9),
            why: String::new(),
        }
    }

    #[test]
    fn everybody_with_a_say_is_asked() {
        let mut conduct = conduct();
        let mut say = |text: &str| conduct.judge(Instant(0), Millis(0), ANN, &said(text));
        let allowed = say("a\u{301} duck").expect("it may be said");
        assert_eq!((&*allowed.text, allowed.reach), ("á ****", Reach::All));
        let words = Refusal::lasting(ChatRefusal::Words);
        assert_eq!(say("a slit"), Err(words));
        assert_eq!(say("\0").unwrap_err().reason, ChatRefusal::BadText);
        for line in 0..8 {
            assert!(say(&line.to_string()).is_ok(), "{line}");
        }
        assert_eq!(say("one more").unwrap_err().reason, ChatRefusal::TooFast);
        conduct.sanctions.take(Millis(0), held(Sanction::Mute));
        let muted = conduct.judge(Instant(0), Millis(0), ANN, &said("hi"));
        assert_eq!(muted.unwrap_err().reason, ChatRefusal::Muted);
    }

    #[test]
    fn a_shadow_writes_like_anybody_and_nobody_hears_it() {
        let mut conduct = conduct();
        conduct.sanctions.take(Millis(0), held(Sanction::Shadow));
        let line = conduct.judge(Instant(0), Millis(0), ANN, &said("hi"));
        assert_eq!(line.map(|line| line.reach), Ok(Reach::Nobody));
    }

    #[test]
    fn pens_are_bounded_and_who_writes_now_keeps_theirs() {
        let mut conduct = conduct();
        let at = |number: u64| Instant::from_millis(number / 100);
        for number in 0..3 * PENS_MAX as u64 {
            let (now, author) = (at(number), AccountId(10 + number));
            assert!(conduct.judge(now, Millis(0), author, &said("hi")).is_ok());
            // Ann writes all the time and never gets more than her due.
            let _ = conduct.judge(now, Millis(0), ANN, &said(&number.to_string()));
            assert!(conduct.pens.len() <= PENS_MAX);
        }
        let now = at(3 * PENS_MAX as u64);
        let ann = conduct.judge(now, Millis(0), ANN, &said("hi"));
        assert_eq!(ann.unwrap_err().reason, ChatRefusal::TooFast);
    }
}
