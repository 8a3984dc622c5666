//! Lines that are sent again, after a new link or a refusal, and those that are given back.

use super::*;
use crate::limits::CHAT_UNACKED_MAX;

fn given_back(events: Vec<TalkEvent>) -> Vec<u64> {
    let ids = events.into_iter().filter_map(|event| match event {
        TalkEvent::Refused { client_id, .. } => Some(client_id),
        _ => None,
    });
    ids.collect()
}

#[test]
fn what_nobody_answered_is_said_again_under_its_id() {
    let mut book = book();
    let say = |book: &mut Book, text| book.say(Address::Room, Manner::Said, text);
    let said: Vec<u64> = ["a", "b", "c"]
        .map(|text| say(&mut book, text).expect("few"))
        .into();
    assert_eq!(said, [1, 2, 3].map(|number| 7 << 32 | number));
    book.take_commands();
    book.hear(ChatNews::Acked {
        client_id: said[1],
        log: ROOM,
        offset: 0,
    });
    for resumed in [true, false] {
        book.welcome(&welcome("pit", resumed, 8));
        assert_eq!(ids(&book.take_commands()), [0; 0], "its log is not open");
        book.hear(opened(ROOM, 3, 0, 0, 0));
        assert_eq!(
            ids(&book.take_commands()),
            [said[0], said[2]],
            "the pen is kept"
        );
    }
    assert_eq!(say(&mut book, "d"), Some(7 << 32 | 4));
}

#[test]
fn a_line_waits_for_its_log_but_not_for_ever() {
    let mut book = book();
    let to = || Address::Whisper(Whom::Account(ANN));
    book.hear(opened(WHISPER, 1, 0, 0, 0));
    let line = book.say(to(), Manner::Said, "hi").expect("few");
    let sent = |book: &mut Book| {
        let commands = book.take_commands().into_iter();
        let sent = commands.filter_map(|command| match command {
            ChatCommand::Say { client_id, to, .. } => Some((client_id, to)),
            _ => None,
        });
        sent.collect::<Vec<_>>()
    };
    assert_eq!(sent(&mut book), [(line, Address::Log(WHISPER))]);
    book.welcome(&welcome("pit", false, 8));
    let at = Instant::from_millis;
    book.frame(at(1_000));
    book.frame(at(3_999));
    assert_eq!(sent(&mut book), []);
    book.frame(at(4_000));
    assert_eq!(
        sent(&mut book),
        [(line, to())],
        "the server shall say why not"
    );
    book.welcome(&welcome("pit", false, 8));
    book.hear(opened(WHISPER, 1, 0, 0, 0));
    assert_eq!(sent(&mut book), [(line, Address::Log(WHISPER))]);
}

/// After a restart the game may deal the player another team, which must not be told what was
/// said to the last one.
#[test]
fn a_line_to_a_team_is_never_sent_again_to_another_team() {
    let mut book = book();
    book.hear(opened(TEAM, 1, 0, 0, 0));
    book.say(Address::Team, Manner::Said, "go left")
        .expect("few");
    book.take_commands();
    book.welcome(&welcome("pit", false, 8));
    book.hear(ChatNews::Opened {
        log: LogId(13),
        scope: Scope::Team { number: 2 },
        epoch: 1,
        first: 0,
        next: 0,
        read: 0,
    });
    book.frame(Instant::from_millis(0));
    book.frame(Instant::from_millis(60_000));
    let commands = book.take_commands().into_iter();
    let to: Vec<Address> = commands
        .filter_map(|command| match command {
            ChatCommand::Say { to, .. } => Some(to),
            _ => None,
        })
        .collect();
    assert_eq!(to, [Address::Log(TEAM)], "the server refuses it");
}

/// It is for those in the room as well, who are others in another room.
#[test]
fn a_line_to_the_team_of_another_room_is_given_back() {
    let mut book = book();
    let early = book.say(Address::Team, Manner::Said, "early").expect("few");
    assert_eq!(ids(&book.take_commands()), [early], "no team is known");
    book.hear(opened(TEAM, 1, 0, 0, 0));
    let bound = book.say(Address::Team, Manner::Said, "left").expect("few");
    let near = book.say(Address::Near, Manner::Said, "psst").expect("few");
    let stays = book.say(Address::Log(WHISPER), Manner::Said, "hi");
    let to: Vec<Address> = book.waiting().map(|line| line.to.clone()).collect();
    assert_eq!(
        to[..3],
        [Address::Team, Address::Team, Address::Near],
        "what it is for is kept"
    );
    book.take_commands();
    book.welcome(&welcome("elsewhere", false, 8));
    assert_eq!(given_back(book.take_events()), [early, bound, near]);
    assert_eq!(ids(&book.take_commands()), [stays.expect("few")]);
}

/// A server that has just been started does not know yet who is a member of what.
#[test]
fn a_line_sent_again_is_not_given_up_before_the_server_knows_the_account() {
    let mut book = book();
    let log = Address::Log(LogId(77));
    let line = book.say(log, Manner::Said, "hi").expect("few");
    let at = Instant::from_millis;
    let refuse = |book: &mut Book| {
        book.hear(ChatNews::Refused {
            client_id: line,
            reason: ChatRefusal::NotMember,
            seconds: 0,
        });
    };
    book.welcome(&welcome("pit", false, 8));
    book.frame(at(0));
    book.take_commands();
    refuse(&mut book);
    assert_eq!(book.take_events(), []);
    book.frame(at(100));
    book.frame(at(1_100));
    assert_eq!(ids(&book.take_commands()), [line]);
    book.frame(at(3_000));
    refuse(&mut book);
    assert_eq!(book.take_events().len(), 1, "by now it knows");
}

#[test]
fn what_was_for_another_room_or_player_is_given_back() {
    let mut book = book();
    let room = book.say(Address::Room, Manner::Said, "here").expect("few");
    let log = book
        .say(Address::Log(WHISPER), Manner::Said, "there")
        .expect("few");
    book.welcome(&welcome("elsewhere", false, 8));
    assert_eq!(ids(&book.take_commands()), [log]);
    assert_eq!(given_back(book.take_events()), [room]);
    let other = Welcome {
        account: ANN,
        ..welcome("elsewhere", false, 9)
    };
    book.welcome(&other);
    assert_eq!(ids(&book.take_commands()), [0; 0]);
    assert_eq!(given_back(book.take_events()), [log]);
    assert_eq!(book.logs().count(), 0, "nothing of the other one stays");
    assert_eq!(
        book.say(Address::Room, Manner::Said, "x"),
        Some(9 << 32 | 1)
    );
}

#[test]
fn a_line_that_may_pass_later_can_be_said_again() {
    let mut book = book();
    let refuse = |book: &mut Book, client_id, reason| {
        let seconds = 2;
        book.hear(ChatNews::Refused {
            client_id,
            reason,
            seconds,
        });
    };
    let busy = book.say(Address::Room, Manner::Said, "busy").expect("few");
    let words = book.say(Address::Room, Manner::Said, "words").expect("few");
    refuse(&mut book, busy, ChatRefusal::StoreBusy);
    refuse(&mut book, words, ChatRefusal::Words);
    refuse(&mut book, words, ChatRefusal::Words);
    assert_eq!(book.take_events().len(), 2, "told once each");
    book.take_commands();
    assert!(book.say_again(busy) && !book.say_again(busy) && !book.say_again(words));
    assert_eq!(ids(&book.take_commands()), [busy]);
    assert_eq!(book.waiting().count(), 1);
}

/// It would be said to whoever is in the next room.
#[test]
fn a_line_that_was_refused_in_one_room_is_not_said_in_another() {
    for (room, stays) in [("pit", true), ("elsewhere", false)] {
        let mut book = book();
        let line = book.say(Address::Room, Manner::Said, "hi").expect("few");
        book.hear(ChatNews::Refused {
            client_id: line,
            reason: ChatRefusal::StoreBusy,
            seconds: 1,
        });
        book.welcome(&welcome(room, false, 8));
        assert_eq!(book.refused().count(), usize::from(stays), "{room}");
        assert_eq!(book.say_again(line), stays, "{room}");
    }
}

/// After a restart the server remembers no line, and takes those it stored for too many new ones.
#[test]
fn a_line_sent_again_is_not_given_up_because_it_came_too_fast() {
    let mut book = book();
    let say = |book: &mut Book, text| book.say(Address::Room, Manner::Said, text).expect("few");
    let (a, b) = (say(&mut book, "a"), say(&mut book, "b"));
    book.welcome(&welcome("pit", false, 8));
    book.hear(opened(ROOM, 3, 0, 0, 0));
    assert_eq!(ids(&book.take_commands()), [a, b]);
    book.take_events();
    for client_id in [a, b] {
        book.hear(ChatNews::Refused {
            client_id,
            reason: ChatRefusal::TooFast,
            seconds: 0,
        });
    }
    let c = say(&mut book, "c");
    assert_eq!(book.take_events(), [], "nobody is told");
    let at = Instant::from_millis;
    for millis in [5_000, 5_999] {
        book.frame(at(millis));
        assert_eq!(ids(&book.take_commands()), [0; 0], "not even what is new");
    }
    book.frame(at(6_000));
    let ack = |book: &mut Book, client_id| {
        let (log, offset) = (ROOM, 0);
        book.hear(ChatNews::Acked {
            client_id,
            log,
            offset,
        });
    };
    assert_eq!(ids(&book.take_commands()), [a], "one at a time");
    ack(&mut book, a);
    assert_eq!(ids(&book.take_commands()), [b]);
    ack(&mut book, b);
    assert_eq!(ids(&book.take_commands()), [c], "in order");
    book.take_events();
    book.hear(ChatNews::Refused {
        client_id: c,
        reason: ChatRefusal::TooFast,
        seconds: 0,
    });
    assert_eq!(book.take_events().len(), 1, "one that is new was too fast");
}

#[test]
fn too_many_lines_without_an_answer_are_not_taken() {
    let mut book = book();
    let mut say = || book.say(Address::Room, Manner::Said, "x");
    assert!((0..CHAT_UNACKED_MAX).all(|_| say().is_some()));
    assert_eq!(say(), None);
}
