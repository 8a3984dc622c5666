//! What all bots of a run share: flags, clock, books.
//!
//! Never shared between threads: all bots run on one.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use tickwire_link::Dial;
use tickwire_shared::rng::Rng;
use tickwire_shared::time::Instant;
use tickwire_shared::transport::Transport;

use super::cli::Cli;
use super::ledger::Ledger;
use super::tally::Tally;
use crate::clock::Clock;
use crate::driver::Way;
use crate::histogram::Histogram;

/// Kinds of errors that are told apart; further ones count as "other errors".
const ERROR_KINDS_MAX: usize = 32;

/// A handshake may take this long in all.
const DIAL: Duration = Duration::from_secs(10);

/// How long a bot that lost its link goes on dialing; sessions outlive their link for 30 s.
const PATIENCE: Duration = Duration::from_secs(30);

/// What all bots of a run share.
pub struct Shared {
    /// The flags.
    pub cli: Cli,
    /// The clock of all measurements.
    pub clock: Clock,
    /// The books of chat.
    pub ledger: RefCell<Ledger>,
    /// Who got in and who fell out, by transport.
    pub tally: RefCell<Tally>,
    /// From an input to its snapshot.
    pub input: RefCell<Histogram>,
    /// Bots that play now.
    pub playing: Cell<u32>,
    /// Kills by bots of this run.
    pub kills: Cell<u64>,
    /// Links that bots cut on purpose.
    pub cuts: Cell<u64>,
    /// Messages may be sent until then.
    pub quiet_at: Cell<Instant>,
    over: Cell<bool>,
    errors: RefCell<BTreeMap<String, u64>>,
}

impl Shared {
    /// The start of a run.
    #[must_use]
    pub fn new(cli: Cli, clock: Clock, run: u32) -> Shared {
        let bots = cli.count as usize;
        Shared {
            cli,
            clock,
            ledger: RefCell::new(Ledger::new(bots, run)),
            tally: RefCell::default(),
            input: RefCell::default(),
            playing: Cell::new(0),
            kills: Cell::new(0),
            cuts: Cell::new(0),
            quiet_at: Cell::new(Instant::default()),
            over: Cell::new(false),
            errors: RefCell::default(),
        }
    }

    /// Whether all bots shall leave.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over.get()
    }

    /// Makes all bots leave.
    pub fn end(&self) {
        self.over.set(true);
    }

    /// The seed of one bot.
    #[must_use]
    pub fn seed_of(&self, bot: usize) -> u64 {
        Rng::of(self.cli.seed, &[bot as u64]).next_u64()
    }

    /// What one bot plays over.
    #[must_use]
    pub fn transport_of(&self, bot: usize) -> Transport {
        self.cli.transport.of(bot)
    }

    /// How one bot reaches the server.
    #[must_use]
    pub fn way(&self, bot: usize) -> Way {
        let network = self.cli.net.as_ref().map(|net| net.network);
        Way {
            dial: Dial {
                server: self.cli.server.to_string(),
                transport: self.transport_of(bot),
                trust: self.cli.trust(),
                timeout: DIAL,
            },
            network: network.map(|network| (network, self.seed_of(bot))),
            patience: PATIENCE,
        }
    }

    /// Counts an error of this kind.
    pub fn note_error(&self, words: &str) {
        let mut errors = self.errors.borrow_mut();
        let known = errors.contains_key(words) || errors.len() < ERROR_KINDS_MAX;
        let kind = if known { words } else { "other errors" };
        *errors.entry(kind.to_owned()).or_insert(0) += 1;
    }

    /// Counts a bot's link that ended too early.
    pub fn note_disconnect(&self, bot: usize, words: &str) {
        let transport = self.transport_of(bot);
        self.tally.borrow_mut().disconnect(transport);
        self.note_error(words);
    }

    /// All errors, each kind once with its count.
    #[must_use]
    pub fn errors(&self) -> Vec<String> {
        let errors = self.errors.borrow();
        let told = errors.iter().map(|(words, &count)| match count {
            1 => words.clone(),
            _ => format!("{count} x {words}"),
        });
        told.collect()
    }
}
