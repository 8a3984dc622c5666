//! Whom the player blocks and follows: listed, named, and ended by name.

use tickwire_shared::wire::Neighbour;

use super::*;

const CID: AccountId = AccountId(3);

impl Stage {
    /// The server tells how the player stands to somebody: blocks, follows.
    pub(super) fn neighbour(&mut self, account: AccountId, name: &str, how: (bool, bool)) {
        let one = Neighbour {
            account,
            name: BoundedStr::cut(name),
            blocked: how.0,
            followed: how.1,
        };
        let people = BoundedVec::of_first([one]);
        self.tell(ChatNews::Neighbours {
            anew: false,
            people,
        });
    }

    fn notes(&self) -> Vec<String> {
        let items = self.panel.state(&self.client).items.into_iter();
        let notes = items.filter_map(|item| match item {
            ItemState::Note { words, .. } => Some(words),
            _ => None,
        });
        notes.collect()
    }

    /// What was asked of the server since the last call.
    fn asked(&mut self) -> Vec<Ask> {
        let sent = self.sent().into_iter();
        let asked = sent.filter_map(|command| match command {
            ChatCommand::Ask { what, .. } => Some(what),
            _ => None,
        });
        asked.collect()
    }
}

#[test]
fn a_command_names_those_who_are_blocked() {
    let mut stage = Stage::new();
    stage.enter("/blocked").expect("a command");
    let nobody = "You block nobody. /block NAME hides what somebody says.";
    assert_eq!(stage.notes(), [nobody]);
    stage.neighbour(BOB, "Bob", (true, false));
    stage.neighbour(CID, "Cid\u{202e}", (true, false));
    stage.neighbour(AccountId(4), "", (true, false));
    stage.neighbour(AccountId(5), "Dora", (false, true));
    stage.enter("/blocked").expect("a command");
    assert_eq!(
        stage.notes()[1..],
        [
            "You hear nothing from these; /unblock NAME ends that:",
            "Bob, Cid, somebody"
        ]
    );
}

#[test]
fn people_show_who_is_followed_and_blocked_also_when_they_are_gone() {
    let mut stage = Stage::new();
    stage.neighbour(BOB, "Bob", (true, false));
    stage.neighbour(CID, "Cid", (false, true));
    stage.neighbour(AccountId(4), "Dora", (true, false));
    let people = stage.panel.people(&stage.client);
    let all = people.iter().map(|one| {
        let name = one.name.as_str();
        (name, one.stands, one.status, one.blocked, one.followed)
    });
    let wanted = [
        ("Ann", "here", "online", false, false),
        ("Bob", "here", "", true, false),
        ("Cid", "friend", "", false, true),
        ("Dora", "blocked", "", true, false),
    ];
    assert_eq!(all.collect::<Vec<_>>(), wanted);
    let words = stage.panel.people_in_words(&stage.client);
    assert_eq!(
        words,
        ["Ann (you), Bob (blocked), Cid (followed), Dora (blocked)"]
    );
}

/// A guest's name is another's once they are gone.
#[test]
fn a_name_that_ends_something_is_that_of_whom_it_holds_for() {
    let mut stage = Stage::new();
    stage.neighbour(CID, "Bob", (true, false));
    stage.enter("/unblock bob").expect("a command");
    let whom = || Whom::Account(CID);
    assert_eq!(
        stage.asked(),
        [Ask::Block {
            whom: whom(),
            on: false
        }]
    );
    stage.enter("/block Bob").expect("a command");
    let here = || Whom::Account(BOB);
    assert_eq!(
        stage.asked(),
        [Ask::Block {
            whom: here(),
            on: true
        }]
    );
    stage.neighbour(CID, "Bob", (false, true));
    stage.enter("/unfollow Bob").expect("a command");
    assert_eq!(
        stage.asked(),
        [Ask::Follow {
            whom: whom(),
            on: false
        }]
    );
    stage.neighbour(BOB, "Bob", (true, false));
    let fault = stage.enter("/follow Bob").expect_err("they are blocked");
    assert!(fault.contains("/unblock Bob"), "{fault}");
    assert_eq!(stage.asked(), []);
}

#[test]
fn mentions_by_whoever_is_blocked_are_not_counted() {
    let mut stage = Stage::new();
    stage.line(ROOM, 0, BOB, "look, @ann");
    let mentions = |stage: &Stage| stage.panel.places(&stage.client)[0].mentions;
    assert_eq!(mentions(&stage), 1);
    stage.neighbour(BOB, "Bob", (true, false));
    assert_eq!(mentions(&stage), 0);
}
