//! Places that open and close by themselves, and what was meant for one of them.

use super::*;

const GROUP: LogId = LogId(30);

fn group() -> Scope {
    let name = BoundedStr::cut("Server");
    Scope::Group { name }
}

/// Ann looks at a group and is about to do something there; it closes, and the room is open.
fn after_a_group_closed() -> (Stage, String) {
    let mut stage = Stage::new();
    stage.line(ROOM, 0, BOB, "in the room");
    stage.opened(GROUP, group(), (0, 0, 0));
    stage.line(GROUP, 0, BOB, "in the group");
    let place = Place::Log(GROUP).to_string();
    let open = place.clone();
    stage.act(Act::Open { place });
    stage.tell(ChatNews::Closed { log: GROUP });
    assert_eq!(stage.panel.open(), Some(Place::Log(ROOM)));
    stage.sent();
    (stage, open)
}

/// What is done with the line that has the same offset in both.
fn deeds(place: &str) -> [Act; 4] {
    let place = || place.to_owned();
    [
        Act::Enter {
            text: "for the group".to_owned(),
            place: Some(place()),
        },
        Act::Typing { place: place() },
        Act::React {
            place: place(),
            offset: 0,
            sign: "👍".to_owned(),
            on: true,
        },
        Act::Report {
            place: place(),
            offset: 0,
            why: String::new(),
        },
    ]
}

#[test]
fn what_was_meant_for_a_place_is_done_nowhere_else() {
    let (mut stage, group) = after_a_group_closed();
    for act in deeds(&group) {
        let fault = stage.panel.act(&mut stage.client, act.clone());
        let words = fault.expect_err(&format!("{act:?}"));
        assert!(words.starts_with("Another chat is open now"), "{words}");
    }
    stage.settle();
    let told = stage.all_sent();
    assert!(!told.talk.iter().any(is_deed), "{:?}", told.talk);
    assert!(!told.typing);
    // The same for what is open is done: it is not refused for anything else.
    for act in deeds(&Place::Log(ROOM).to_string()) {
        stage.act(act);
    }
    let told = stage.all_sent();
    assert_eq!(
        told.talk.iter().filter(|command| is_deed(command)).count(),
        3
    );
    assert!(told.typing);
}

fn is_deed(command: &ChatCommand) -> bool {
    !matches!(command, ChatCommand::Mark { .. })
}

#[test]
fn a_whisper_that_was_never_begun_can_be_closed() {
    let mut stage = Stage::new();
    let account = BOB.0.to_string();
    stage.act(Act::Whisper { account });
    let place = Place::New(BOB).to_string();
    assert_eq!(stage.panel.places(&stage.client).len(), 2);
    stage.act(Act::Close { place });
    assert_eq!(stage.panel.places(&stage.client).len(), 1);
    assert_eq!(stage.panel.open(), Some(Place::Log(ROOM)));
    // Whatever has a log stays.
    let place = Place::Log(ROOM).to_string();
    stage.act(Act::Close { place });
    assert_eq!(stage.panel.open(), Some(Place::Log(ROOM)));
}

#[test]
fn a_group_is_told_from_what_the_program_calls_a_place() {
    assert_ne!(tag(&group()), tag(&Scope::Server));
    assert_eq!(tag(&room()), "");
}

#[test]
fn a_closed_chat_is_told_of_no_line_and_of_all_that_waits() {
    let mut stage = Stage::new();
    stage.opened(WHISPER, bob(), (0, 0, 0));
    stage.line(WHISPER, 0, BOB, "psst");
    let (brief, state) = (
        stage.panel.brief(&stage.client),
        stage.panel.state(&stage.client),
    );
    assert_eq!((brief.revision, brief.open), (state.revision, state.open));
    assert_eq!(brief.places, state.places);
    assert_eq!(brief.places[1].unread, 1);
}

#[test]
fn places_that_did_not_open_again_are_forgotten_once() {
    let mut stage = Stage::new();
    stage.opened(WHISPER, bob(), (0, 0, 0));
    stage.relink();
    stage.opened(ROOM, room(), (0, 0, 0));
    assert!(stage.panel.shelf(WHISPER).is_some(), "it may still open");
    (0..9).for_each(|_| stage.settle());
    assert!(stage.panel.shelf(WHISPER).is_none());
    assert!(stage.panel.shelf(ROOM).is_some());
}

#[test]
fn a_name_that_nobody_here_bears_is_for_the_server_to_find() {
    let mut stage = Stage::new();
    // Somebody was called so, and may be called otherwise by now.
    stage.panel.learn(AccountId(9), "Zed");
    let whom = |stage: &mut Stage, typed: &str| {
        stage.enter(typed).expect("a whisper");
        stage.sent().into_iter().find_map(|command| match command {
            ChatCommand::Say {
                to: Address::Whisper(whom),
                ..
            } => Some(whom),
            _ => None,
        })
    };
    let zed = Whom::Name(BoundedStr::cut("Zed"));
    assert_eq!(whom(&mut stage, "/w Zed hi"), Some(zed));
    assert_eq!(whom(&mut stage, "/w bob hi"), Some(Whom::Account(BOB)));
}

#[test]
fn the_newest_invitation_is_taken() {
    let mut stage = Stage::new();
    for log in [99, 40] {
        stage.tell(ChatNews::Invited {
            log: LogId(log),
            scope: group(),
            by: BOB,
            name: BoundedStr::cut("Bob"),
        });
    }
    stage.enter("/accept").expect("an invitation");
    let asked = stage.sent().into_iter().find_map(|command| match command {
        ChatCommand::Ask { what, .. } => Some(what),
        _ => None,
    });
    assert_eq!(asked, Some(Ask::Accept { log: LogId(40) }));
}

#[test]
fn what_became_of_a_wish_is_told_where_the_player_looks_or_wherever() {
    let mut stage = Stage::new();
    stage.opened(WHISPER, bob(), (0, 0, 0));
    let account = AccountId(9).0.to_string();
    stage.act(Act::Whisper { account });
    stage.panel.note("It is done.");
    let notice = stage.panel.take_notice().expect("it is told");
    assert_eq!(
        (notice.kind, &*notice.title),
        (NoticeKind::Answer, "It is done.")
    );
    let notes = |log| stage.panel.shelf(log).map(|shelf| shelf.items().count());
    assert_eq!((notes(ROOM), notes(WHISPER)), (Some(0), Some(0)));
}

#[test]
fn where_no_place_is_shown_the_commands_come_as_one_list() {
    let mut stage = Stage::new();
    stage.panel = Panel::staying();
    stage.enter("/help").expect("a command");
    let all = stage.panel.take_help().expect("the list");
    assert_eq!(all.first().map(|first| first.0), Some("/w NAME TEXT"));
    assert_eq!(all.last().map(|last| last.0), Some("/help"));
    let names = |word| all.iter().any(|(usage, _)| usage.starts_with(word));
    assert!(names("/react") && !names("/shadow") && !names("/announce"));
    assert_eq!(stage.panel.take_notice(), None);
}
