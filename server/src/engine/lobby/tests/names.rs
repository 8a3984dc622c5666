//! Names and roles that change while players are there.

use super::admission::admission;
use super::*;
use crate::engine::names::skeleton_of;

impl Bench {
    fn register(&mut self, name: &str, account: AccountId) {
        let skeleton = skeleton_of(name);
        self.lobby.registered(self.now, &skeleton, account);
        self.carry_out();
    }
}

#[test]
fn guests_have_no_name_of_anybody_else() {
    let mut bench = Bench::new(|_| {});
    bench.register("Ivan", AccountId(5));
    for (link, name, words) in [
        (1, "lvan", "registered"),
        (8, "lvan 2", "registered"),
        (9, "Ivan lO", "registered"),
        (2, "Admin 2", "kept for"),
        (3, "A\u{200D}nn", "U+200D"),
        (4, "Аnn", "scripts"),
    ] {
        bench.hello(link, |hello| hello.name = BoundedStr::cut(name));
        let (reason, detail) = bench.refused_with(link);
        assert_eq!(reason, CloseReason::BadName, "{name}");
        assert!(detail.contains(words), "{name}: {detail}");
    }
    bench.knock(5, RoomRequest::Any);
    bench.answer(5, Ok(admission(5, "Ivan", None)));
    assert_eq!(&*bench.welcome(5).name, "Ivan");
    bench.join(6);
    bench.hello(7, |hello| hello.name = BoundedStr::cut("ANN"));
    assert_eq!(&*bench.welcome(7).name, "ANN 2");
}

/// Whether a guest of this name is let in though the other one is registered, and stays though it
/// is registered later: both must be the same.
fn is_let_in_beside(name: &str, registered: &str) -> bool {
    let outcomes = [true, false].map(|first| {
        let mut bench = Bench::new(|_| {});
        if first {
            bench.register(registered, AccountId(5));
        }
        bench.hello(1, |hello| hello.name = BoundedStr::cut(name));
        if !first {
            bench.register(registered, AccountId(5));
        }
        bench.lobby.sessions() == 1
    });
    assert_eq!(outcomes[0], outcomes[1], "{name}");
    outcomes[0]
}

#[test]
fn what_a_guest_may_be_called_does_not_hang_on_who_came_first() {
    for (name, is_let_in) in [
        ("Zed", false),
        ("Zed 10", false),
        ("Zed lO", false),
        ("Zed I2", false),
        ("Zed Lol", true),
        ("Zed O", true),
        ("Zeda", true),
    ] {
        assert_eq!(is_let_in_beside(name, "Zed"), is_let_in, "{name}");
    }
}

#[test]
fn guests_lose_a_name_that_is_registered() {
    let mut bench = Bench::new(|_| {});
    let names = ["Zed", "zed", "ZED 11", "Zeda", "Zed Fox", "Zed2"];
    for (link, name) in (1..).zip(names) {
        bench.hello(link, |hello| hello.name = BoundedStr::cut(name));
    }
    assert_eq!(&*bench.welcome(2).name, "zed 2");
    bench.knock(7, RoomRequest::Any);
    bench.answer(7, Ok(admission(4, "Zed 5", None)));
    bench.lobby.lost(bench.now, LinkId(2));
    bench.register("Zed", AccountId(5));
    let gone: Vec<u64> = bench.closed.keys().map(|link| link.0).collect();
    assert_eq!(gone, [1, 3], "and the second one, who had no link");
    assert!(
        bench
            .closed
            .values()
            .all(|&why| why == CloseReason::BadName)
    );
    assert_eq!(bench.lobby.sessions(), 4);
    bench.knock(8, RoomRequest::Any);
    bench.answer(8, Ok(admission(5, "Zed", None)));
    assert_eq!(&*bench.welcome(8).name, "Zed");
}

#[test]
fn another_role_ends_the_sessions_of_its_account() {
    let mut bench = Bench::new(|_| {});
    for (link, account) in [(1, 5), (2, 5), (3, 6)] {
        bench.knock(link, RoomRequest::Any);
        bench.answer(link, Ok(admission(account, "Ann", None)));
    }
    bench.lobby.lost(bench.now, LinkId(2));
    bench.lobby.role_changed(bench.now, AccountId(5), false);
    bench.carry_out();
    assert_eq!(bench.lobby.sessions(), 1, "one had no link");
    assert_eq!(bench.closed[&LinkId(1)], CloseReason::UnknownSession);
    bench.lobby.role_changed(bench.now, AccountId(6), true);
    bench.carry_out();
    assert_eq!(bench.closed[&LinkId(3)], CloseReason::BadCredential);
    assert_eq!(bench.lobby.sessions(), 0);
    bench.knock(4, RoomRequest::Any);
    bench.answer(4, Ok(admission(7, "Ann", Some("main"))));
    bench.lobby.role_changed(bench.now, AccountId(7), false);
    bench.carry_out();
    let why = bench.closed[&LinkId(4)];
    assert_eq!(why, CloseReason::UnknownSession, "its key brings it back");
}
