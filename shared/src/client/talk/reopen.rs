//! Where a line goes on a link whose logs may not be open yet.
//!
//! Never holds a line back for a log that this client does not know: the server shall judge it.
//!
//! On a new link a server reads first what an account may do. Until it says that a log is open it
//! does not know the account as a member, and would refuse a line that it stored long ago. So a
//! line for a log that was open before waits until it is again. A whisper goes to its log where
//! there is one: the other one may not have come back yet, and then only the log is known. So does
//! a line to a team, for good: the player may be in another one when it is sent again.

use std::collections::BTreeMap;

use super::log::Log;
use crate::id::LogId;
use crate::wire::{Address, Scope, Whom};

/// Where a line is sent now; `None` while it waits for its log.
pub(super) fn address_of(
    logs: &BTreeMap<LogId, Log>,
    patient: bool,
    to: &Address,
) -> Option<Address> {
    let mut known = logs
        .iter()
        .filter(|(id, log)| fits(to, **id, log.scope()))
        .peekable();
    let unknown = known.peek().is_none();
    match known.find(|(_, log)| log.is_open()) {
        Some((id, _)) if matches!(to, Address::Whisper(_) | Address::Team) => {
            Some(Address::Log(*id))
        }
        None if patient && !unknown => None,
        _ => Some(to.clone()),
    }
}

fn fits(to: &Address, id: LogId, scope: &Scope) -> bool {
    match to {
        Address::Room => matches!(scope, Scope::Room { .. }),
        Address::Team => matches!(scope, Scope::Team { .. }),
        Address::Near => matches!(scope, Scope::Near),
        Address::Server => matches!(scope, Scope::Server),
        Address::Log(log) => *log == id,
        Address::Whisper(Whom::Account(account)) => {
            matches!(scope, Scope::Whisper { with, .. } if with == account)
        }
        Address::Whisper(Whom::Name(_)) => false,
    }
}
