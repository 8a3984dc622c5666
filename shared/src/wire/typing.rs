//! Typing: that somebody writes a line, on the unreliable lanes.
//!
//! Never says what is written, and is never repeated: one that is lost is made up for by the next.
//!
//! ```text
//! typing, up:    kind 8 bits TYPING | log 64 bits LE
//! typing, down:  kind 8 bits TYPING | log 64 bits LE | account 64 bits LE
//! ```

use crate::id::{AccountId, LogId};

/// First byte of such a packet; no other packet on an unreliable lane starts with it.
const TYPING: u8 = 0x54;

/// Bytes of a number.
const NUMBER: usize = 8;

/// The player of this client writes in `log`: goes up on the Input lane.
#[must_use]
pub fn encode_typing(log: LogId) -> Vec<u8> {
    let mut packet = Vec::with_capacity(1 + NUMBER);
    packet.push(TYPING);
    packet.extend_from_slice(&log.0.to_le_bytes());
    packet
}

/// Where a player writes; `None` for bytes that say nothing of the kind.
#[must_use]
pub fn decode_typing(bytes: &[u8]) -> Option<LogId> {
    let (log, rest) = numbered(bytes.strip_prefix(&[TYPING])?)?;
    rest.is_empty().then_some(LogId(log))
}

/// The player `account` writes in `log`: goes down on the Snapshot lane.
#[must_use]
pub fn encode_typist(log: LogId, account: AccountId) -> Vec<u8> {
    let mut packet = encode_typing(log);
    packet.extend_from_slice(&account.0.to_le_bytes());
    packet
}

/// Where somebody writes, and who; `None` for bytes that say nothing of the kind.
#[must_use]
pub fn decode_typist(bytes: &[u8]) -> Option<(LogId, AccountId)> {
    let (log, rest) = numbered(bytes.strip_prefix(&[TYPING])?)?;
    let (account, rest) = numbered(rest)?;
    rest.is_empty().then_some((LogId(log), AccountId(account)))
}

fn numbered(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<NUMBER>()?;
    Some((u64::from_le_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_are_read_back_and_not_taken_for_each_other() {
        let (log, account) = (LogId(0x0102_0304_0506_0708), AccountId(u64::MAX));
        let (up, down) = (encode_typing(log), encode_typist(log, account));
        assert_eq!(decode_typing(&up), Some(log));
        assert_eq!(decode_typist(&down), Some((log, account)));
        assert_eq!((decode_typing(&down), decode_typist(&up)), (None, None));
    }

    #[test]
    fn anything_else_is_none() {
        let down = encode_typist(LogId(7), AccountId(9));
        for length in 0..down.len() {
            assert_eq!(decode_typist(&down[..length]), None);
            assert_eq!(decode_typing(&down[..length]).is_some(), length == 9);
        }
        let longer = [&down[..], &[0]].concat();
        let other = [&[0x53], &down[1..]].concat();
        for bytes in [longer, other] {
            assert_eq!((decode_typing(&bytes), decode_typist(&bytes)), (None, None));
        }
    }
}
