//! A client: it takes lines, pulls, keeps its cursors over links, and checks each packet.

use std::collections::BTreeMap;

use tickwire_shared::id::{AccountId, LinkId, LogId, SessionId};
use tickwire_shared::wire::{
    Address, ChatCommand, ChatNews, ChatRefusal, Line, LogCursor, Neighbour, Receipt, Role, Scope,
};

use crate::engine::desk::Attention;

/// What a client knows of a log.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub scope: Option<Scope>,
    pub open: bool,
    pub epoch: u32,
    pub next: u64,
    pub read: u64,
    /// Every line it was sent since it was last told a first.
    pub lines: Vec<Line>,
    /// Lines it was told it will never get.
    pub cut: u64,
}

/// A client.
#[derive(Clone, Debug)]
pub struct Peer {
    pub session: SessionId,
    pub link: Option<LinkId>,
    /// The link over which its session came.
    pub came: LinkId,
    pub account: AccountId,
    pub name: String,
    pub role: Role,
    pub room: String,
    pub attention: Attention,
    pub logs: BTreeMap<LogId, Known>,
    pub pen: u64,
    pub said: u64,
    pub unacked: BTreeMap<u64, (Address, String)>,
    pub acked: BTreeMap<u64, (LogId, u64)>,
    pub refused: Vec<(u64, ChatRefusal)>,
    pub receipts: BTreeMap<(LogId, AccountId), Receipt>,
    /// Whom it was told that it blocks and follows, on this link.
    pub neighbours: Option<BTreeMap<AccountId, Neighbour>>,
    /// Everything else it was told.
    pub news: Vec<ChatNews>,
    /// Whether it pulls by itself.
    pub pulls: bool,
}

impl Peer {
    /// Another link, over which nothing is open before it is told so.
    pub fn dial(&mut self, link: LinkId) {
        self.link = Some(link);
        (self.logs.values_mut()).for_each(|known| known.open = false);
        self.neighbours = None;
    }

    pub fn cursors(&self) -> Vec<LogCursor> {
        let logs = self.logs.iter();
        let cursors = logs.map(|(&log, known)| LogCursor {
            log,
            epoch: known.epoch,
            next: known.next,
        });
        cursors.collect()
    }

    /// The log of the room.
    pub fn room(&self) -> LogId {
        self.log(|scope| matches!(scope, Scope::Room { .. }))
    }

    /// The open log of such a scope.
    pub fn log(&self, is: impl Fn(&Scope) -> bool) -> LogId {
        let open = self.logs.iter().filter(|(_, known)| known.open);
        let mut logs = open.filter(|(_, known)| known.scope.as_ref().is_some_and(&is));
        logs.next().map(|(&log, _)| log).expect("an open log")
    }

    /// Offsets and texts it was sent of a log.
    pub fn texts(&self, log: LogId) -> Vec<(u64, String)> {
        let lines = self
            .logs
            .get(&log)
            .into_iter()
            .flat_map(|known| &known.lines);
        lines
            .map(|line| (line.offset, line.text.to_string()))
            .collect()
    }

    /// Takes in what it is told; what it asks for next.
    pub fn take(&mut self, news: ChatNews) -> Option<ChatCommand> {
        match news {
            news if self.attention == Attention::Inbox => self.news.push(news),
            ChatNews::Opened {
                log,
                scope,
                epoch,
                first,
                next,
                read,
            } => {
                assert!(first <= next && read <= next, "{first} {next} {read}");
                let hides = self.neighbours.is_some() || self.attention != Attention::Everything;
                assert!(hides, "a log before it knows whom it blocks");
                let known = self.logs.entry(log).or_default();
                if known.scope.is_some() && known.epoch == epoch {
                    assert!(first >= known.next, "sent again: {first} < {}", known.next);
                    known.cut += first - known.next;
                } else {
                    known.lines.clear();
                }
                known.scope = Some(scope);
                (known.epoch, known.next, known.open, known.read) = (epoch, first, true, read);
            }
            ChatNews::Closed { log } => {
                let known = self.logs.get_mut(&log).expect("open before");
                known.open = false;
            }
            ChatNews::Lines { log, lines, more } => {
                let known = self.logs.get_mut(&log).expect("opened first");
                assert!(known.open, "a line of a closed log");
                for line in lines.into_inner() {
                    assert_eq!(line.offset, known.next, "once and in order");
                    known.next += 1;
                    known.lines.push(line);
                }
                return (more && self.pulls).then_some(ChatCommand::Pull { log });
            }
            ChatNews::Acked {
                client_id,
                log,
                offset,
            } => {
                self.unacked.remove(&client_id);
                let before = self.acked.insert(client_id, (log, offset));
                assert!(before.is_none_or(|before| before == (log, offset)));
            }
            ChatNews::Refused {
                client_id, reason, ..
            } => self.refused.push((client_id, reason)),
            ChatNews::Receipts { log, receipts } => self.note(log, &receipts),
            ChatNews::Neighbours { anew, people } => self.meet(anew, people.into_inner()),
            other => self.news.push(other),
        }
        None
    }

    fn meet(&mut self, anew: bool, people: Vec<Neighbour>) {
        if anew {
            self.neighbours = Some(BTreeMap::new());
        }
        let known = self.neighbours.as_mut().expect("all of them first");
        for one in people {
            match one.blocked || one.followed {
                true => known.insert(one.account, one),
                false => known.remove(&one.account),
            };
        }
    }

    fn note(&mut self, log: LogId, receipts: &[Receipt]) {
        for &receipt in receipts {
            let before = self.receipts.insert((log, receipt.account), receipt);
            let (delivered, read) = before.map_or((0, 0), |r| (r.delivered, r.read));
            let rises = receipt.delivered >= delivered && receipt.read >= read;
            assert!(rises && receipt.read <= receipt.delivered, "{receipt:?}");
        }
    }
}
