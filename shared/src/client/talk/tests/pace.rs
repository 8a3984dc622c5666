//! Catching up on much: as fast as a server takes it, and no faster.

use super::*;
use crate::limits::HISTORY_BATCH_MAX;

/// What a server takes of one link: so many Ordered packets a second, and so many at once.
const TAKEN_PER_SECOND: u64 = 30;
const TAKEN_AT_ONCE: u64 = 120;

/// A client that is so many lines behind in two logs, on a way of 1 ms; in how many ms it has
/// them, and when each command was sent.
fn catch_up(behind: u64) -> (u64, Vec<u64>) {
    let mut book = book();
    book.hear(opened(WHISPER, 1, 0, behind, 0));
    let mut next = [(ROOM, 0), (WHISPER, 0)];
    let mut sent = Vec::new();
    let mut pulls: Vec<LogId> = next.iter().map(|(log, _)| *log).collect();
    for millis in 0..600_000 {
        for (log, from) in &mut next {
            if pulls.contains(log) {
                let end = behind.min(*from + HISTORY_BATCH_MAX as u64);
                book.hear(lines(*log, *from..end, end < behind));
                *from = end;
            }
        }
        book.take_events();
        let now = Instant::from_millis(millis);
        book.frame(now);
        book.pull(now);
        let commands = book.take_commands();
        sent.extend(commands.iter().map(|_| millis));
        let wanted = commands.iter().filter_map(|command| match command {
            ChatCommand::Pull { log } => Some(*log),
            _ => None,
        });
        pulls = wanted.collect();
        let gap = next[0].1.abs_diff(next[1].1);
        assert!(
            gap <= HISTORY_BATCH_MAX as u64,
            "none waits for the other: {next:?}"
        );
        if next.iter().all(|(_, from)| *from == behind) {
            return (millis, sent);
        }
    }
    panic!("it never gets there");
}

/// How many milliseconds it takes until a server would close the link; `None` when it never does.
fn closed_after(sent: &[u64]) -> Option<u64> {
    let mut left = 1_000 * TAKEN_AT_ONCE;
    let mut at = 0;
    for &millis in sent {
        left = (left + TAKEN_PER_SECOND * (millis - at)).min(1_000 * TAKEN_AT_ONCE);
        at = millis;
        let Some(rest) = left.checked_sub(1_000) else {
            return Some(millis);
        };
        left = rest;
    }
    None
}

#[test]
fn a_client_that_is_ten_thousand_lines_behind_is_not_cut_off() {
    let (millis, sent) = catch_up(10_000);
    assert_eq!(closed_after(&sent), None);
    let pulls = 2 * 10_000 / HISTORY_BATCH_MAX as u64;
    assert!(millis < 1_000 * pulls / 18, "{millis} ms");
    // Without a pace it asks once a way and log.
    let unpaced: Vec<u64> = (0..pulls).map(|number| number / 2).collect();
    assert!(closed_after(&unpaced).is_some_and(|millis| millis < 100));
}

#[test]
fn marks_of_many_logs_keep_the_pace_too() {
    let mut book = book();
    let mut sent = Vec::new();
    for log in 100..400 {
        book.hear(opened(LogId(log), 1, 0, 1, 0));
        book.hear(lines(LogId(log), 0..1, false));
        book.see(LogId(log), 0);
    }
    for millis in 0..20_000 {
        book.frame(Instant::from_millis(millis));
        sent.extend(book.take_commands().iter().map(|_| millis));
    }
    assert_eq!(closed_after(&sent), None);
    assert_eq!(sent.len(), 300, "each is marked once");
    assert_eq!(
        closed_after(&vec![0; 300]),
        Some(0),
        "as it would be without a pace"
    );
}

#[test]
fn marks_and_pulls_wait_for_each_other_in_turns() {
    let mut book = book();
    let busy: Vec<LogId> = (100..160).map(LogId).collect();
    for &log in &busy {
        book.hear(opened(log, 1, 0, 0, 0));
    }
    let (mut from, mut pulled, mut marked) = (0, true, vec![0; busy.len()]);
    for millis in 0..30_000 {
        if millis % 1_000 == 0 {
            for &log in &busy {
                book.hear(lines(log, [millis / 1_000], false));
            }
        }
        if pulled && from < 2_000 {
            let end = from + HISTORY_BATCH_MAX as u64;
            book.hear(lines(ROOM, from..end, end < 2_000));
            from = end;
        }
        book.take_events();
        book.frame(Instant::from_millis(millis));
        book.pull(Instant::from_millis(millis));
        pulled = false;
        for command in book.take_commands() {
            match command {
                ChatCommand::Pull { .. } => pulled = true,
                ChatCommand::Mark { log, .. } => {
                    let at = busy.iter().position(|one| *one == log);
                    at.into_iter().for_each(|at| marked[at] += 1);
                }
                _ => {}
            }
        }
    }
    assert!(from >= 2_000, "what was missed is there, not only {from}");
    assert!(marked.iter().all(|&times| times > 4), "{marked:?}");
}
