//! A store that somebody else holds while players log in, and what becomes of their tokens.

use std::cell::Cell;

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::LinkId;
use tickwire_shared::wire::{BoundedStr, Credential, Token};

use super::workshop::{Slow, Workshop, run};
use crate::auth::Secret;
use crate::engine::storage::StoreFault;
use crate::engine::{Admission, AdmitOrder, Refusal};

/// A link shows a token.
fn shows(link: u64, token: &Secret) -> AdmitOrder {
    AdmitOrder {
        link: LinkId(link),
        who: Credential::Admission {
            token: BoundedStr::cut(token.reveal()),
        },
        name: "Ann".to_owned(),
        room: Some("main".to_owned()),
    }
}

/// A link whose answer comes when the lobby has given it up, as it says; what that answer was.
async fn late(workshop: &Workshop<Slow>, token: &Secret, is_in: bool) -> Option<Token> {
    let told = Cell::new(None);
    let let_in = |found: Result<Admission, Refusal>| {
        told.set(found.ok().map(|admission| admission.return_key));
        is_in
    };
    workshop.gate.serve(shows(1, token), let_in).await;
    told.get()
}

/// Somebody whose token is stored as used after the link was given up, and a second link that shows
/// it meanwhile.
async fn held(workshop: &Workshop<Slow>, is_in: bool) -> (Secret, Result<Admission, Refusal>) {
    let ann = workshop.register("Ann").await.expect("a new account");
    let writes = &workshop.store.writes;
    writes.forget_permits(writes.available_permits());
    let first = late(workshop, &ann.token, is_in);
    let second = workshop.find_out(shows(2, &ann.token));
    let let_go = async {
        tokio::task::yield_now().await;
        writes.add_permits(9);
    };
    let (first, second, ()) = tokio::join!(first, second, let_go);
    assert!(first.is_some(), "its answer came, too late");
    if let Ok(admission) = &second {
        assert_eq!(Some(admission.return_key), first, "it has the stored key");
    }
    (ann.token, second)
}

fn is_used(found: Result<Admission, Refusal>) -> bool {
    found.is_err_and(|refusal| {
        refusal.reason == CloseReason::BadCredential && refusal.detail.contains("used before")
    })
}

#[test]
fn a_token_that_let_nobody_in_lets_in_whoever_shows_it_next() {
    run(async {
        let workshop = Workshop::new(Slow::default());
        let (token, second) = held(&workshop, false).await;
        let key = second.expect("nobody was in").return_key;
        // Now somebody is: it is good no more, also after a restart.
        let restarted = Workshop::new(workshop.store.clone());
        for workshop in [&workshop, &restarted] {
            assert!(is_used(workshop.find_out(shows(3, &token)).await));
        }
        let back = AdmitOrder {
            who: Credential::Return { key },
            ..shows(4, &token)
        };
        assert!(restarted.find_out(back).await.is_ok(), "its key is kept");
    });
}

/// A full disk and a store that is held for too long say so: nothing was noted of the token.
#[test]
fn a_token_that_the_store_refused_to_note_is_good_as_before() {
    run(async {
        let workshop = Workshop::new(Slow::default());
        let ann = workshop.register("Ann").await.expect("a new account");
        for fault in [StoreFault::Full, StoreFault::Busy, StoreFault::Failed] {
            workshop.store.fault.set(Some(fault));
            let refused = workshop.find_out(shows(1, &ann.token)).await.unwrap_err();
            assert_eq!(refused.reason, CloseReason::ServerFull);
            assert!(refused.detail.contains(fault.text()), "{refused}");
        }
        workshop.store.fault.set(None);
        assert!(workshop.find_out(shows(2, &ann.token)).await.is_ok());
        assert!(is_used(workshop.find_out(shows(3, &ann.token)).await));
    });
}

/// Where whoever was given up counted as in, the second link would find the token used.
#[test]
fn a_token_that_is_counted_as_used_without_anybody_in_is_lost() {
    run(async {
        let workshop = Workshop::new(Slow::default());
        let (_, second) = held(&workshop, true).await;
        assert!(is_used(second));
    });
}

/// As many times as the store is late, and by as many links at once: one gets in at the end.
#[test]
fn of_many_links_with_a_token_that_let_nobody_in_one_gets_in() {
    run(async {
        let workshop = Workshop::new(Slow::default());
        let ann = workshop.register("Ann").await.expect("a new account");
        for _given_up in 0..3 {
            assert!(late(&workshop, &ann.token, false).await.is_some());
        }
        let many = (0..50).map(|link| workshop.find_out(shows(link, &ann.token)));
        let found = futures_util::future::join_all(many).await;
        assert_eq!(found.iter().filter(|found| found.is_ok()).count(), 1);
    });
}
