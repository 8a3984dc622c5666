//! The way in: what a client says on a new link, and what it makes of the answer.
//!
//! Never dials: a refusal that another attempt may cure closes the client, and its caller dials.

use std::sync::Arc;

use super::{Client, Phase};
use crate::client::event::ClientEvent;
use crate::client::live::{Live, RoomTerms};
use crate::client::samples::Samples;
use crate::close::CloseReason;
use crate::delta::Tables;
use crate::game::Game;
use crate::id::KindId;
use crate::input::fetch_row;
use crate::schema::first_difference;
use crate::time::Instant;
use crate::wire::{
    BoundedStr, Credential, Hello, PROTOCOL, Refuse, Resume, RoomRequest, Welcome, encode,
};

impl<G: Game> Client<G> {
    pub(super) fn say_hello(&mut self) {
        let room = self.config.room.as_deref();
        let hello = Hello {
            protocol: PROTOCOL,
            schema_hash: self.schema.hash,
            name: BoundedStr::cut(&self.config.name),
            room: room.map_or(RoomRequest::Any, |name| {
                RoomRequest::Named(BoundedStr::cut(name))
            }),
            resume: self
                .resume
                .map(|(session, token)| Resume { session, token }),
            who: self.who(),
            cursors: self.talk.cursors(),
        };
        self.ordered.push_back(encode(&hello));
    }

    /// Once it was somebody here, it comes back as the same: an admission is good only once.
    fn who(&self) -> Credential {
        let back = self.return_key.map(|key| Credential::Return { key });
        back.unwrap_or_else(|| self.config.who.clone())
    }

    pub(super) fn welcome(&mut self, now: Instant, since: Instant, welcome: &Welcome) {
        let kind_id = KindId(welcome.rules_kind);
        let kind = self.schema.rules.get(usize::from(kind_id.0));
        let rules = kind.and_then(|kind| fetch_row(kind_id, kind, &welcome.rules));
        let tables = Tables::from_bytes(&self.schema, &welcome.tables);
        let (Some(rules), Ok(tables)) = (rules, tables) else {
            return self.malformed();
        };
        self.phase = Phase::Live(Box::new(Live::new(RoomTerms {
            schema: Arc::clone(&self.schema),
            tables: Arc::new(tables),
            me: welcome.player,
            seed: welcome.seed,
            rules,
            snapshot_every: u32::from(welcome.snapshot_every),
            rtt: now.since(since),
            sabotage: self.config.sabotage,
        })));
        self.catch_up_anew();
        self.resume = Some((welcome.session, welcome.token));
        self.return_key = Some(welcome.return_key);
        self.samples = Samples::default();
        self.roster.clear();
        self.accounts.clear();
        self.tell(ClientEvent::Joined {
            me: welcome.player,
            name: welcome.name.to_string(),
            room: welcome.room.to_string(),
            resumed: welcome.resumed,
        });
        self.talk.welcome(welcome);
        self.settle_talk();
        self.say_away();
    }

    pub(super) fn refused(&mut self, refuse: &Refuse) {
        let reason = CloseReason::from_number(refuse.reason).unwrap_or(CloseReason::Refused);
        if reason == CloseReason::UnknownSession {
            self.resume = None;
        }
        if reason == CloseReason::BadCredential {
            self.return_key = None;
        }
        let mut text = reason.text().to_owned();
        if !refuse.detail.is_empty() {
            text = format!("{text} {}", refuse.detail);
        }
        if !refuse.schema.is_empty()
            && let Some(line) = first_difference(&self.schema.text, &refuse.schema)
        {
            text = format!("{text} First difference: {line}");
        }
        self.close(reason, text);
    }
}
