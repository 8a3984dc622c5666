//! Who is let in by what, and that nobody is let in twice.

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{AccountId, LinkId};
use tickwire_shared::wire::{BoundedStr, Credential, Role, Token};

use super::workshop::{Workshop, run};
use crate::auth::{LoggedIn, Secret};
use crate::engine::storage::{Millis, Write, Written};
use crate::engine::{Admission, AdmitOrder, Refusal};
use crate::runtime::clock::WallTime;
use crate::store::{SharedMemory, Store};

fn order(who: Credential) -> AdmitOrder {
    AdmitOrder {
        link: LinkId(1),
        who,
        name: "Ann".to_owned(),
        room: Some("main".to_owned()),
    }
}

fn with_token(token: &Secret) -> AdmitOrder {
    order(Credential::Admission {
        token: BoundedStr::cut(token.reveal()),
    })
}

async fn knock(workshop: &Workshop, token: &Secret) -> Result<Admission, Refusal> {
    workshop.gate.find_out(with_token(token)).await
}

async fn registered(workshop: &Workshop, name: &str) -> LoggedIn {
    workshop.register(name).await.expect("a new account")
}

#[test]
fn a_login_lets_in_once_and_its_key_again_and_again() {
    run(async {
        let workshop = Workshop::new(SharedMemory::default());
        let ann = registered(&workshop, "Ann").await;
        assert_eq!(*workshop.registered.borrow(), [ann.account]);
        let first = knock(&workshop, &ann.token).await.expect("let in");
        assert_eq!((first.account, first.name.as_str()), (ann.account, "Ann"));
        assert_eq!((first.role, first.room), (Role::Player, None));
        let again = knock(&workshop, &ann.token).await.unwrap_err();
        assert_eq!(again.reason, CloseReason::BadCredential);
        assert!(again.detail.contains("used before"), "{again}");

        let key = first.return_key;
        let after_restart = Workshop::new(workshop.store.clone());
        for workshop in [&workshop, &after_restart] {
            let back = workshop
                .gate
                .find_out(order(Credential::Return { key }))
                .await;
            assert_eq!(back.expect("known").account, ann.account);
        }
        let mut guess = key.0;
        guess[15] ^= 1;
        let key = Token(guess);
        let refused = workshop
            .gate
            .find_out(order(Credential::Return { key }))
            .await;
        assert_eq!(refused.unwrap_err().reason, CloseReason::BadCredential);
    });
}

/// How many of so many replays are let in, with a restart in the middle.
async fn let_in(store: SharedMemory, forget: bool, replays: usize) -> usize {
    let workshop = Workshop::new(store.clone());
    let ann = registered(&workshop, "Ann").await;
    let mut let_in = 0;
    for half in [Workshop::new(store.clone()), Workshop::new(store.clone())] {
        for _ in 0..replays / 2 {
            let_in += usize::from(knock(&half, &ann.token).await.is_ok());
        }
        if forget {
            // As if used numbers were kept in memory alone.
            let far = Millis(u64::MAX / 2_000);
            let (lines_max, before) = (u64::MAX, Millis(0));
            let prune = Write::Prune { lines_max, before };
            store.clone().commit(far, &[prune]).expect("pruned");
        }
    }
    let_in
}

#[test]
fn of_ten_thousand_replays_one_is_let_in_also_across_a_restart() {
    run(async {
        assert_eq!(let_in(SharedMemory::default(), false, 10_000).await, 1);
        // Without the numbers on the disk a restart lets it in again.
        assert_eq!(let_in(SharedMemory::default(), true, 100).await, 2);
    });
}

#[test]
fn an_operators_role_counts_and_not_the_tokens() {
    run(async {
        let workshop = Workshop::new(SharedMemory::default());
        let ann = registered(&workshop, "Ann").await;
        let promote = Write::Role(ann.account, Role::Admin);
        let written = workshop.store.clone().commit(Millis(1), &[promote]);
        assert_eq!(written, Ok(vec![Written::Done]));
        let admission = knock(&workshop, &ann.token).await.expect("let in");
        assert_eq!(admission.role, Role::Admin);
    });
}

#[test]
fn a_token_for_nobody_is_none() {
    run(async {
        let workshop = Workshop::new(SharedMemory::default());
        for account in [AccountId(77), AccountId(AccountId::GUEST | 77)] {
            let (role, now) = (Role::Player, WallTime::now());
            let token = workshop.tokens.mint(account, "Eve", role, None, now, 7);
            let refused = knock(&workshop, &token.unwrap()).await.unwrap_err();
            assert_eq!(refused.reason, CloseReason::BadCredential);
        }
        let guest = workshop.gate.find_out(order(Credential::New)).await;
        assert_eq!(guest.unwrap_err().reason, CloseReason::BadCredential);
    });
}
