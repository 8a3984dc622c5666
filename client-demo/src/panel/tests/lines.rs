//! Lines of logs that are cut, replaced or read on from, and whoever wrote them.

use super::*;
use crate::limits::{NAMES_MAX, OLDER_RESTS};

fn pages(stage: &mut Stage) -> usize {
    stage.act(Act::Older);
    let asked = stage.sent().into_iter();
    asked
        .filter(|command| matches!(command, ChatCommand::Page { .. }))
        .count()
}

fn older(stage: &mut Stage, lines: Vec<Line>, more: bool) {
    stage.tell(ChatNews::Older {
        log: ROOM,
        lines: BoundedVec::of_first(lines),
        more,
    });
}

#[test]
fn lines_that_could_not_be_read_are_not_asked_for_at_once() {
    let mut stage = Stage::new();
    stage.line(ROOM, 10, BOB, "ten");
    assert_eq!(pages(&mut stage), 1);
    older(&mut stage, Vec::new(), true);
    let before = stage.now;
    assert_eq!(
        pages(&mut stage),
        0,
        "the server has just said that it cannot"
    );
    let state = stage.panel.state(&stage.client);
    assert!(state.more && !state.loading);
    while stage.now.since(before) < OLDER_RESTS + core::time::Duration::from_millis(1_100) {
        stage.settle();
    }
    assert_eq!(pages(&mut stage), 1);
    older(&mut stage, vec![line(9, BOB, "nine, @ann")], true);
    let items = stage.panel.state(&stage.client).items;
    assert!(
        matches!(&items[0], ItemState::Line(line) if line.offset == 9 && line.mentioned),
        "{items:?}"
    );
}

#[test]
fn a_log_of_another_epoch_has_no_line_of_the_one_before() {
    let mut stage = Stage::new();
    stage.line(ROOM, 0, BOB, "long ago");
    stage.relink();
    stage.tell(ChatNews::Opened {
        log: ROOM,
        scope: room(),
        epoch: 2,
        first: 0,
        next: 0,
        read: 0,
    });
    assert_eq!(stage.lines(), []);
    stage.line(ROOM, 0, BOB, "now");
    assert_eq!(stage.lines(), [("now".to_owned(), "")]);
}

#[test]
fn a_mention_that_was_missed_is_told_once_there_is_a_link_again() {
    let mut stage = Stage::new();
    stage.line(ROOM, 0, BOB, "hello");
    stage.relink();
    stage.opened(ROOM, room(), (1, 2, 0));
    stage.line(ROOM, 1, BOB, "where are you, @ann?");
    let notice = stage.panel.take_notice().expect("it is told");
    assert_eq!(notice.kind, NoticeKind::Mention);
    let mut stage = Stage::new();
    stage.opened(ROOM, room(), (0, 1, 0));
    stage.line(ROOM, 0, BOB, "@ann was here before");
    assert_eq!(stage.panel.take_notice(), None, "that is history");
}

#[test]
fn whoever_was_heard_of_longest_ago_loses_the_name_first() {
    let mut panel = Panel::default();
    let who = |number: usize| AccountId(number as u64);
    for number in 0..NAMES_MAX {
        panel.learn(who(number), &format!("n{number}"));
    }
    panel.learn(who(0), "zero");
    panel.learn(who(NAMES_MAX), "new");
    assert_eq!(panel.name_of(who(NAMES_MAX)), "new");
    assert_eq!(panel.name_of(who(0)), "zero", "heard of again");
    assert_eq!(panel.name_of(who(1)), "somebody");
    assert_eq!(panel.names.len(), NAMES_MAX);
}

#[test]
fn a_command_puts_a_sign_under_the_newest_line_and_takes_it_away() {
    let mut stage = Stage::new();
    assert!(stage.enter("/react 👍").is_err(), "nothing was said");
    stage.line(ROOM, 0, BOB, "hello");
    stage.line(ROOM, 1, BOB, "there");
    let reacts = |stage: &mut Stage| {
        stage.enter("/react 👍").expect("a sign");
        let sent = stage.sent().into_iter();
        let mut signs = sent.filter_map(|command| match command {
            ChatCommand::React { offset, on, .. } => Some((offset, on)),
            _ => None,
        });
        signs.next().expect("it is sent")
    };
    assert_eq!(reacts(&mut stage), (1, true));
    let reaction = Reaction {
        sign: BoundedStr::cut("👍"),
        count: 2,
        mine: true,
    };
    let shown = signs(core::slice::from_ref(&reaction));
    stage.tell(ChatNews::Reactions {
        log: ROOM,
        offset: 1,
        reactions: BoundedVec::of_first([reaction]),
    });
    assert_eq!(reacts(&mut stage), (1, false));
    assert_eq!(shown, "👍 2");
}

#[test]
fn a_command_tells_who_is_there() {
    let mut stage = Stage::new();
    stage.tell(ChatNews::Presence {
        changes: BoundedVec::of_first([Presence {
            account: AccountId(3),
            name: BoundedStr::cut("Cid"),
            status: Status::Away,
            room: BoundedStr::cut("hall"),
        }]),
    });
    let words = stage.panel.people_in_words(&stage.client);
    assert_eq!(words, ["Ann (you), Bob, Cid (away, in hall)"]);
    stage.enter("/people").expect("a command");
    let items = stage.panel.state(&stage.client).items;
    let Some(ItemState::Note { words, .. }) = items.last() else {
        panic!("{items:?}");
    };
    assert_eq!(words, "Ann (you), Bob, Cid (away, in hall)");
}

#[test]
fn words_of_strangers_turn_no_line_around() {
    let mut stage = Stage::new();
    let name = BoundedStr::cut("a\u{202e}b");
    assert_eq!(tag(&Scope::Group { name }), "group ab");
    stage.line(ROOM, 0, BOB, "a\u{2066}b\u{1b}[2J");
    assert_eq!(stage.lines(), [("ab[2J".to_owned(), "")]);
}
