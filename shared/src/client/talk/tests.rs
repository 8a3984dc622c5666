//! The book of chat against a server that is played by hand.

mod again;
mod neighbours;
mod pace;

use super::book::Book;
use super::event::TalkEvent;
use crate::id::{AccountId, LogId, PlayerId, SessionId, Tick};
use crate::limits::CURSORS_MAX;
use crate::time::Instant;
use crate::wire::{
    Address, Ask, BoundedStr, BoundedVec, ChatCommand, ChatNews, ChatRefusal, Line, Manner,
    Receipt, Role, Scope, Token, Welcome, Whom,
};

const ME: AccountId = AccountId(1);
const ANN: AccountId = AccountId(2);
const ROOM: LogId = LogId(10);
const WHISPER: LogId = LogId(11);
const TEAM: LogId = LogId(12);

fn welcome(room: &str, resumed: bool, pen: u32) -> Welcome {
    Welcome {
        session: SessionId(1),
        resumed,
        player: PlayerId(0),
        name: BoundedStr::cut("Me"),
        room: BoundedStr::cut(room),
        tick_hz: 60,
        snapshot_every: 1,
        tick: Tick(1),
        seed: 0,
        rules_kind: 0,
        rules: BoundedVec::default(),
        tables: BoundedVec::default(),
        token: Token([0; 16]),
        grace_millis: 0,
        account: ME,
        role: Role::Player,
        return_key: Token([0; 16]),
        pen,
    }
}

fn scope_of(log: LogId) -> Scope {
    match log {
        ROOM => Scope::Room {
            name: BoundedStr::cut("pit"),
        },
        TEAM => Scope::Team { number: 1 },
        _ => Scope::Whisper {
            with: ANN,
            name: BoundedStr::cut("Ann"),
        },
    }
}

fn opened(log: LogId, epoch: u32, first: u64, next: u64, read: u64) -> ChatNews {
    ChatNews::Opened {
        log,
        scope: scope_of(log),
        epoch,
        first,
        next,
        read,
    }
}

fn line(offset: u64, from: AccountId, text: &str) -> Line {
    Line {
        offset,
        from,
        name: BoundedStr::cut("Ann"),
        role: Role::Player,
        at: 0,
        tick: Tick(1),
        manner: Manner::Said,
        text: BoundedStr::cut(text),
    }
}

fn lines(log: LogId, offsets: impl IntoIterator<Item = u64>, more: bool) -> ChatNews {
    let all = offsets.into_iter().map(|offset| line(offset, ANN, "hi"));
    ChatNews::Lines {
        log,
        lines: BoundedVec::of_first(all),
        more,
    }
}

/// A book of a client that is in a room and has read everything there.
fn book() -> Book {
    let mut book = Book::default();
    book.welcome(&welcome("pit", false, 7));
    book.hear(opened(ROOM, 3, 0, 0, 0));
    book.take_events();
    book.take_commands();
    book
}

fn offsets(book: &mut Book) -> Vec<u64> {
    let events = book.take_events().into_iter();
    let offsets = events.filter_map(|event| match event {
        TalkEvent::Line { line, .. } => Some(line.offset),
        _ => None,
    });
    offsets.collect()
}

fn missed(book: &mut Book) -> u64 {
    let events = book.take_events().into_iter();
    let missed = events.map(|event| match event {
        TalkEvent::Missed { lines, .. } => lines,
        _ => 0,
    });
    missed.sum()
}

fn ids(commands: &[ChatCommand]) -> Vec<u64> {
    let ids = commands.iter().filter_map(|command| match command {
        ChatCommand::Say { client_id, .. } => Some(*client_id),
        _ => None,
    });
    ids.collect()
}

#[test]
fn each_offset_is_told_once_and_a_gap_is_told() {
    let mut book = book();
    book.hear(lines(ROOM, [0, 1], false));
    book.hear(lines(ROOM, [1, 2, 1], false));
    assert_eq!(offsets(&mut book), [0, 1, 2]);
    book.hear(lines(ROOM, [6], false));
    assert_eq!(missed(&mut book), 3);
    assert_eq!(book.log(ROOM).map(|log| log.next()), Some(7));
    book.hear(lines(LogId(99), [0], false));
    assert_eq!(offsets(&mut book), [0; 0], "a log nobody opened");
}

#[test]
fn a_log_goes_on_where_it_stood_or_says_what_was_cut() {
    let mut book = book();
    book.hear(lines(ROOM, 0..5, false));
    let cursor = book.cursors()[0];
    assert_eq!((cursor.log, cursor.epoch, cursor.next), (ROOM, 3, 5));
    book.welcome(&welcome("pit", true, 9));
    assert!(!book.log(ROOM).expect("known").is_open());
    book.hear(lines(ROOM, [5], false));
    assert_eq!(
        offsets(&mut book),
        (0..5).collect::<Vec<_>>(),
        "not before it is open"
    );
    book.hear(opened(ROOM, 3, 5, 9, 0));
    assert_eq!(missed(&mut book), 0);
    book.hear(opened(ROOM, 3, 7, 9, 0));
    assert_eq!(missed(&mut book), 2);
    book.hear(lines(ROOM, 7..9, false));
    assert_eq!(offsets(&mut book), [7, 8]);
    book.hear(opened(ROOM, 4, 0, 1, 0));
    assert_eq!(missed(&mut book), 0, "another epoch has nothing in common");
    book.hear(lines(ROOM, [0], false));
    assert_eq!(offsets(&mut book), [0]);
}

#[test]
fn more_lines_are_pulled_once_each_time() {
    let mut book = book();
    book.hear(lines(ROOM, 0..3, true));
    assert_eq!(book.take_commands(), []);
    book.pull(Instant(0));
    book.pull(Instant(0));
    assert_eq!(book.take_commands(), [ChatCommand::Pull { log: ROOM }]);
    book.hear(lines(ROOM, 3..4, false));
    book.pull(Instant(0));
    assert_eq!(book.take_commands(), []);
}

#[test]
fn marks_go_once_a_second_and_say_what_the_server_does_not_know() {
    let mut book = book();
    let at = Instant::from_millis;
    let mark = |log, delivered, read| ChatCommand::Mark {
        log,
        delivered,
        read,
    };
    book.hear(opened(WHISPER, 1, 4, 6, 2));
    book.hear(lines(WHISPER, 4..6, false));
    book.hear(lines(ROOM, 0..2, false));
    book.frame(at(0));
    assert_eq!(
        book.take_commands(),
        [mark(WHISPER, 6, 2)],
        "a room has no receipts"
    );
    book.see(WHISPER, 5);
    book.see(WHISPER, 900);
    book.see(ROOM, 1);
    book.frame(at(999));
    assert_eq!(book.take_commands(), [mark(ROOM, 1, 1)]);
    book.frame(at(1_000));
    assert_eq!(
        book.take_commands(),
        [mark(WHISPER, 6, 6)],
        "no further than it is there"
    );
    book.frame(at(5_000));
    assert_eq!(book.take_commands(), []);
    book.welcome(&welcome("pit", true, 7));
    book.hear(opened(WHISPER, 1, 6, 6, 6));
    book.frame(at(6_000));
    assert_eq!(
        book.take_commands(),
        [mark(WHISPER, 6, 6)],
        "perhaps lost with the link"
    );
}

#[test]
fn unread_counts_the_inbox_and_what_came_but_not_ones_own() {
    let mut book = book();
    let unread = |book: &Book, log| book.log(log).map(|log| log.unread());
    book.hear(opened(WHISPER, 1, 68, 100, 0));
    assert_eq!(unread(&book, WHISPER), Some(100), "all that waited");
    book.hear(opened(ROOM, 5, 1_000, 1_000, 0));
    assert_eq!(unread(&book, ROOM), Some(0), "not what was said before");
    book.hear(lines(ROOM, [1_000], false));
    book.hear(ChatNews::Lines {
        log: ROOM,
        lines: BoundedVec::of_first([line(1_001, ME, "mine"), line(1_002, ANN, "hi @me!")]),
        more: false,
    });
    assert_eq!((unread(&book, ROOM), book.unread()), (Some(2), 102));
    let mentioned = book
        .take_events()
        .into_iter()
        .filter_map(|event| match event {
            TalkEvent::Line {
                line, mentioned, ..
            } => mentioned.then_some(line.offset),
            _ => None,
        });
    assert_eq!(mentioned.collect::<Vec<_>>(), [1_002]);
    book.see(ROOM, 1_002);
    assert_eq!(unread(&book, ROOM), Some(1));
    book.see(ROOM, 1_003);
    assert_eq!(unread(&book, ROOM), Some(0));
}

#[test]
fn receipts_only_grow_and_are_counted_by_line() {
    let mut book = book();
    book.hear(opened(WHISPER, 1, 0, 0, 0));
    for (account, delivered, read) in [(ANN, 3, 2), (ANN, 1, 1), (ME, 9, 0)] {
        let receipt = Receipt {
            account,
            delivered,
            read,
        };
        book.hear(ChatNews::Receipts {
            log: WHISPER,
            receipts: BoundedVec::of_first([receipt]),
        });
    }
    let log = book.log(WHISPER).expect("open");
    assert_eq!([1, 2, 3].map(|offset| log.delivered_to(offset)), [1, 1, 0]);
    assert_eq!([1, 2, 3].map(|offset| log.read_by(offset)), [1, 0, 0]);
}

#[test]
fn who_writes_is_shown_for_a_while_and_said_now_and_then() {
    let mut book = book();
    let at = Instant::from_millis;
    book.typist(at(0), ROOM, ANN);
    book.typist(at(100), ROOM, ANN);
    book.typist(at(100), ROOM, ME);
    book.typist(at(100), LogId(99), ANN);
    assert_eq!(
        book.take_events().len(),
        1,
        "once, of others, where it reads"
    );
    book.frame(at(5_099));
    assert_eq!(book.typists(ROOM).collect::<Vec<_>>(), [ANN]);
    book.frame(at(5_100));
    assert_eq!(book.typists(ROOM).count(), 0);
    book.typist(at(6_000), ROOM, ANN);
    book.hear(lines(ROOM, [0], false));
    assert_eq!(book.typists(ROOM).count(), 0, "it is written");
    let said = [0, 1_999, 2_000, 2_001].map(|millis| book.typing(at(millis), ROOM));
    assert_eq!(said, [true, false, true, false]);
    assert!(!book.typing(at(9_000), LogId(99)));
}

#[test]
fn a_question_is_answered_once_or_known_to_be_open() {
    let mut book = book();
    let block = Ask::Block {
        whom: Whom::Account(ANN),
        on: true,
    };
    let ask = book.ask(block).expect("few");
    let answer = |refused| ChatNews::Answer {
        ask,
        log: LogId(0),
        refused,
    };
    book.hear(answer(None));
    book.hear(answer(Some(ChatRefusal::TooMany)));
    assert_eq!(book.take_events().len(), 1);
    let follow = Ask::Follow {
        whom: Whom::Account(ANN),
        on: true,
    };
    book.ask(follow.clone()).expect("few");
    book.take_commands();
    book.welcome(&welcome("pit", false, 7));
    let told = book.take_events();
    assert!(matches!(&told[..], [TalkEvent::Unanswered { what, .. }] if *what == follow));
    assert_eq!(
        book.take_commands(),
        [],
        "the server has stored it, or it is asked again"
    );
}

#[test]
fn an_invitation_that_is_over_is_not_kept() {
    let mut book = book();
    let invited = |book: &mut Book| {
        book.hear(ChatNews::Invited {
            log: LogId(77),
            scope: Scope::Party,
            by: ANN,
            name: BoundedStr::cut("Ann"),
        });
        assert_eq!(book.invitations().len(), 1);
    };
    invited(&mut book);
    book.welcome(&welcome("pit", true, 7));
    assert_eq!(
        book.invitations().len(),
        0,
        "the server tells those that stand"
    );
    for (reason, left) in [(ChatRefusal::StoreBusy, 1), (ChatRefusal::NotMember, 0)] {
        invited(&mut book);
        let what = Ask::Accept { log: LogId(77) };
        let ask = book.ask(what).expect("few");
        let (log, refused) = (LogId(77), Some(reason));
        book.hear(ChatNews::Answer { ask, log, refused });
        assert_eq!(book.invitations().len(), left);
    }
}

#[test]
fn the_cursors_are_those_of_the_logs_used_last() {
    let mut book = book();
    for log in 100..200 {
        book.hear(opened(LogId(log), 1, 0, 0, 0));
    }
    book.see(ROOM, 0);
    let cursors = book.cursors();
    assert_eq!((cursors.len(), cursors[0].log), (CURSORS_MAX, ROOM));
    assert_eq!(cursors[1].log, LogId(199));
}
