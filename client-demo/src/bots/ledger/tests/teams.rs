//! What the books find in lines to teams, whose bots a restart deals anew.

use super::*;

/// The logs of the two teams.
const TEAMS: [LogId; 2] = [LogId(10), LogId(11)];

/// Dealt into a team by its seat, and told that its log is open.
fn comes(ledger: &mut Ledger, bot: usize, seat: u16, millis: u64) {
    dealt(ledger, bot, seat, millis);
    let log = TEAMS[usize::from(seat % 2)];
    ledger.opened(bot, log, Place::Team, MS(millis));
    ledger.told(bot, MS(millis));
}

fn dealt(ledger: &mut Ledger, bot: usize, seat: u16, millis: u64) {
    let account = AccountId(bot as u64 + 1_000);
    ledger.join(bot, "pit", PlayerId(seat), account, MS(millis));
}

/// Bots 0, 1 and 2 in one team, bot 3 in the other.
fn pit() -> Ledger {
    let mut ledger = Ledger::new(4, 0xABC);
    for (bot, seat) in [(0, 0), (1, 2), (2, 4), (3, 1)] {
        comes(&mut ledger, bot, seat, 0);
    }
    ledger
}

/// Bot 0 says something to the first team, and it is acked at once.
fn said(ledger: &mut Ledger, millis: u64) -> Option<MessageKey> {
    let key = sent(ledger, millis);
    key.into_iter().for_each(|key| ledger.ack(key, MS(millis)));
    key
}

fn sent(ledger: &mut Ledger, millis: u64) -> Option<MessageKey> {
    ledger.send(0, Place::Team, Some(TEAMS[0]), None, MS(millis))
}

fn gets(ledger: &mut Ledger, bot: usize, key: Option<MessageKey>, offset: u64, millis: u64) {
    ledger.deliver(bot, key, (TEAMS[0], 1, offset), MS(millis));
}

#[test]
fn a_line_is_for_those_in_the_team() {
    let mut ledger = pit();
    let key = said(&mut ledger, 10);
    assert_eq!(ledger.outstanding(), 3);
    (0..3).for_each(|bot| gets(&mut ledger, bot, key, 0, 11));
    let report = ledger.report();
    assert_eq!((report.delivered, report.lost, report.leaked), (3, 0, 0));
    gets(&mut ledger, 3, key, 0, 11);
    let report = ledger.report();
    assert_eq!((report.leaked, report.scopes["team"].leaked), (1, 1));
}

#[test]
fn who_left_the_team_or_came_later_must_not_get_it() {
    let mut ledger = pit();
    comes(&mut ledger, 2, 3, 5_000);
    let key = said(&mut ledger, 6_000);
    assert_eq!(ledger.outstanding(), 2, "bots 0 and 1");
    gets(&mut ledger, 2, key, 0, 6_001);
    assert_eq!(ledger.report().leaked, 1, "it is in the other team");
    comes(&mut ledger, 3, 4, 9_000);
    gets(&mut ledger, 3, key, 0, 9_001);
    assert_eq!(ledger.report().leaked, 2, "it came after that");
    let late = said(&mut ledger, 9_002);
    gets(&mut ledger, 3, late, 1, 9_003);
    assert_eq!(ledger.report().leaked, 2);
}

#[test]
fn who_is_dealt_another_team_for_a_moment_has_not_left() {
    let mut ledger = pit();
    dealt(&mut ledger, 2, 3, 5_000);
    let key = said(&mut ledger, 6_000);
    comes(&mut ledger, 2, 4, 9_000);
    gets(&mut ledger, 2, key, 0, 9_001);
    assert_eq!(ledger.report().leaked, 0, "the server died before it knew");
    assert_eq!(ledger.report().team_changes, 2);
}

#[test]
fn what_was_on_its_way_to_a_team_that_was_left_is_not_lost_and_what_was_not_is() {
    let mut ledger = pit();
    said(&mut ledger, 1_000);
    for bot in 0..3 {
        ledger.told(bot, MS(1_500));
    }
    comes(&mut ledger, 1, 1, 7_000);
    assert_eq!(ledger.outstanding(), 2, "the server died meanwhile");
    let mut ledger = pit();
    said(&mut ledger, 1_000);
    ledger.told(1, MS(4_000));
    comes(&mut ledger, 1, 1, 7_000);
    assert_eq!(ledger.outstanding(), 3, "it had its link for long");
    let mut ledger = pit();
    said(&mut ledger, 1_000);
    comes(&mut ledger, 1, 2, 7_000);
    assert_eq!(
        ledger.outstanding(),
        3,
        "it is back, and gets what it missed"
    );
    (0..3).for_each(|bot| gets(&mut ledger, bot, Some(MessageKey(0)), 0, 7_001));
    assert_eq!((ledger.outstanding(), ledger.report().leaked), (0, 0));
}

#[test]
fn doubles_and_disorder_are_found_also_after_it_came_back() {
    let mut ledger = pit();
    let (first, second) = (said(&mut ledger, 10), said(&mut ledger, 20));
    gets(&mut ledger, 1, first, 0, 11);
    gets(&mut ledger, 1, second, 1, 21);
    comes(&mut ledger, 1, 1, 5_000);
    comes(&mut ledger, 1, 2, 9_000);
    gets(&mut ledger, 1, second, 1, 9_001);
    assert_eq!(ledger.report().duplicated, 1);
    let third = said(&mut ledger, 9_010);
    gets(&mut ledger, 1, third, 0, 9_011);
    assert_eq!(ledger.report().reordered, 1);
}

#[test]
fn what_was_said_while_it_was_in_another_team_is_no_gap() {
    let mut ledger = pit();
    let first = said(&mut ledger, 10);
    gets(&mut ledger, 1, first, 0, 11);
    comes(&mut ledger, 1, 1, 5_000);
    said(&mut ledger, 6_000);
    comes(&mut ledger, 1, 2, 9_000);
    let third = said(&mut ledger, 9_010);
    gets(&mut ledger, 1, third, 2, 9_011);
    assert_eq!(ledger.report().gaps, 0);
    gets(&mut ledger, 1, None, 4, 9_012);
    assert_eq!(ledger.report().gaps, 1, "it was there");
}

#[test]
fn a_line_to_a_team_that_its_sender_left_is_refused_as_such() {
    let mut ledger = pit();
    let mut counts = |change: bool, reason: ChatRefusal| {
        let key = sent(&mut ledger, 1_000).expect("in the pit");
        if change {
            comes(&mut ledger, 0, 1, 5_000);
        }
        ledger.refuse(key, reason);
        comes(&mut ledger, 0, 0, 9_000);
        let report = ledger.report();
        (report.moved, report.refused, report.expected, report.sent)
    };
    assert_eq!(counts(true, ChatRefusal::NotMember), (1, 0, 0, 0));
    assert_eq!(counts(false, ChatRefusal::NotMember), (1, 1, 0, 0));
    assert_eq!(counts(true, ChatRefusal::Stale), (1, 2, 0, 0));
    gets(&mut ledger, 1, Some(MessageKey(0)), 0, 9_001);
    assert_eq!(
        ledger.report().denied,
        1,
        "one that was shown was not refused"
    );
}
