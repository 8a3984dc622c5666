//! Who is let in by what, and that nobody is let in twice.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{AccountId, LinkId};
use tickwire_shared::limits::NAME_BYTES_MAX;
use tickwire_shared::wire::{BoundedStr, Credential, Role, Token};

use super::scratch;
use super::workshop::{Slow, Workshop, run};
use crate::auth::checks::without;
use crate::auth::keep::millis;
use crate::auth::{Claims, Keep, LoggedIn, LoginError, Secret, TokenFault};
use crate::engine::account::key_digest;
use crate::engine::storage::{Millis, Write, Written};
use crate::engine::{Admission, AdmitOrder, Refusal};
use crate::limits::ACCOUNTS_MAX;
use crate::runtime::clock::{WallTime, wall_millis};
use crate::runtime::{Clock, Wake};
use crate::store::{SharedMemory, SqliteStore, Store, StoreHalves, StoreRules, StoreThreads};

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

async fn knock<K: Keep>(workshop: &Workshop<K>, token: &Secret) -> Result<Admission, Refusal> {
    workshop.find_out(with_token(token)).await
}

async fn registered<K: Keep>(workshop: &Workshop<K>, name: &str) -> LoggedIn {
    workshop.register(name).await.expect("a new account")
}

#[test]
fn a_login_lets_in_once_and_its_key_again_and_again() {
    run(async {
        let workshop = Workshop::new(SharedMemory::default());
        let ann = registered(&workshop, "Ann").await;
        assert_eq!(*workshop.registered.0.borrow(), [ann.account]);
        let first = knock(&workshop, &ann.token).await.expect("let in");
        assert_eq!((first.account, first.name.as_str()), (ann.account, "Ann"));
        assert_eq!(first.role, Role::Player);
        assert_eq!(first.room.as_deref(), Some("main"));
        let again = knock(&workshop, &ann.token).await.unwrap_err();
        assert_eq!(again.reason, CloseReason::BadCredential);
        assert!(again.detail.contains("used before"), "{again}");

        let key = first.return_key;
        let after_restart = Workshop::new(workshop.store.clone());
        for workshop in [&workshop, &after_restart] {
            let back = workshop.find_out(order(Credential::Return { key })).await;
            assert_eq!(back.expect("known").account, ann.account);
        }
        let mut guess = key.0;
        guess[15] ^= 1;
        let key = Token(guess);
        let refused = workshop.find_out(order(Credential::Return { key })).await;
        assert_eq!(refused.unwrap_err().reason, CloseReason::BadCredential);
    });
}

/// How many of so many replays are let in by one process, all at once and one after the other.
async fn let_in<K: Keep>(workshop: &Workshop<K>, token: &Secret, replays: usize) -> usize {
    let at_once = (0..100).map(|_| knock(workshop, token));
    let at_once = futures_util::future::join_all(at_once).await;
    let mut let_in = at_once.iter().filter(|found| found.is_ok()).count();
    for _ in 100..replays {
        let_in += usize::from(knock(workshop, token).await.is_ok());
    }
    let_in
}

/// The threads of a store on the disk.
fn on_disk(file: &Path) -> StoreThreads {
    let store = SqliteStore::open(file).expect("a store");
    let reader = store.reader();
    StoreThreads::start(
        StoreHalves::new(store, reader),
        StoreRules::default(),
        (Clock::start(), || Millis(wall_millis())),
        Wake::new(|| {}),
        Arc::default(),
    )
    .expect("threads")
}

#[test]
fn of_ten_thousand_replays_one_is_let_in_also_across_a_restart() {
    let folder = scratch("replays");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("store.db");
    run(async {
        let (mut token, mut in_all) = (None, 0);
        for _process in 0..2 {
            let threads = on_disk(&file);
            let workshop = Workshop::new(threads.handle());
            if token.is_none() {
                token = Some(registered(&workshop, "Ann").await.token);
            }
            in_all += let_in(&workshop, token.as_ref().unwrap(), 5_000).await;
        }
        assert_eq!(in_all, 1);
    });
    std::fs::remove_dir_all(&folder).unwrap();
}

/// What the disk is for: where used numbers were kept in memory alone, a restart would let in
/// again.
#[test]
fn used_numbers_that_are_forgotten_let_in_again() {
    run(async {
        let workshop = Workshop::new(SharedMemory::default());
        let ann = registered(&workshop, "Ann").await;
        assert_eq!(let_in(&workshop, &ann.token, 200).await, 1);
        let far = Millis(u64::MAX / 2_000);
        let (lines_max, before) = (u64::MAX, Millis(0));
        let prune = Write::Prune { lines_max, before };
        workshop
            .store
            .clone()
            .commit(far, &[prune])
            .expect("pruned");
        let restarted = Workshop::new(workshop.store.clone());
        assert_eq!(let_in(&restarted, &ann.token, 200).await, 1);
    });
}

/// A key lasts for as long again once half of its time is over, and nobody waits for the disk.
#[test]
fn a_key_is_written_again_late_and_behind_its_player() {
    run(async {
        let slow = Slow::default();
        let workshop = Workshop::new(slow.clone());
        let ann = registered(&workshop, "Ann").await;
        let key = knock(&workshop, &ann.token)
            .await
            .expect("let in")
            .return_key;
        slow.is_deaf.set(true);
        for (days, written) in [(46, 0), (44, 1)] {
            let until = millis(WallTime::now().after(Duration::from_secs(days * 24 * 3_600)));
            let (digest, account) = (key_digest(&key), ann.account);
            let set = Write::Key {
                digest,
                account,
                room: None,
                until,
            };
            slow.memory
                .clone()
                .commit(Millis(1), &[set])
                .expect("memory");
            let back = workshop.find_out(order(Credential::Return { key }));
            let back = back.now_or_never().expect("it waits for no write");
            assert_eq!(back.expect("known").account, account);
            tokio::task::yield_now().await;
            assert_eq!(slow.unheard.borrow().len(), written);
        }
        // A ban came between: the late write does not bring the key back.
        let late = slow.unheard.take();
        let dropped = Write::DropKeys(ann.account);
        let mut store = slow.memory.clone();
        store.commit(Millis(1), &[dropped]).expect("memory");
        assert_eq!(late.len(), 1);
        store.commit(Millis(1), &late).expect("memory");
        slow.is_deaf.set(false);
        let back = workshop.find_out(order(Credential::Return { key }));
        assert_eq!(back.await.unwrap_err().reason, CloseReason::BadCredential);
    });
}

fn wanting(room: Option<&str>, order: AdmitOrder) -> AdmitOrder {
    let room = room.map(str::to_owned);
    AdmitOrder { room, ..order }
}

/// A login for a room opens that one, and so does the key it leaves, also after a restart. Whoever
/// wants any room gets that one.
#[test]
fn neither_a_login_nor_its_key_opens_another_room() {
    run(async {
        let workshop = Workshop::new(SharedMemory::default());
        let ann = registered(&workshop, "Ann").await;
        let elsewhere = wanting(Some("duel"), with_token(&ann.token));
        let refused = workshop.find_out(elsewhere).await.unwrap_err();
        assert_eq!(refused.reason, CloseReason::BadCredential);
        assert!(refused.detail.contains("another room: log in"), "{refused}");
        // It is not used up by that.
        let key = knock(&workshop, &ann.token)
            .await
            .expect("let in")
            .return_key;
        let restarted = Workshop::new(workshop.store.clone());
        let back = |room| {
            let order = wanting(room, order(Credential::Return { key }));
            restarted.find_out(order)
        };
        let refused = back(Some("duel")).await.unwrap_err();
        assert_eq!(refused.reason, CloseReason::BadCredential);
        assert!(refused.detail.contains("another room: log in"), "{refused}");
        for room in [Some("main"), None] {
            let admission = back(room).await.expect("let in");
            assert_eq!(admission.room.as_deref(), Some("main"));
        }
        let unchecked = without(TokenFault::Room, || back(Some("duel")).now_or_never());
        let unchecked = unchecked.expect("memory waits for nothing");
        assert!(unchecked.is_ok(), "without the check it opens all rooms");
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

/// A role holds for sessions that are there, and whoever had more must log in again.
#[test]
fn a_role_that_is_taken_away_takes_sessions_and_keys_with_it() {
    run(async {
        let workshop = Workshop::new(SharedMemory::default());
        let ann = registered(&workshop, "Ann").await;
        let key = knock(&workshop, &ann.token)
            .await
            .expect("let in")
            .return_key;
        let back = || workshop.find_out(order(Credential::Return { key }));
        for (role, keys_dropped) in [(Role::Admin, false), (Role::Moderator, true)] {
            assert_eq!(
                workshop.accounts.set_role("Ann", role).await,
                Ok(Some(ann.account))
            );
            let told = workshop.registered.1.borrow().last().copied();
            assert_eq!(told, Some((ann.account, keys_dropped)));
            let role = back().await.map(|admission| admission.role).ok();
            assert_eq!(role, (!keys_dropped).then_some(Role::Admin));
        }
    });
}

/// The role changes between the look at the account and the answer.
#[test]
fn whoever_is_being_let_in_has_the_newest_role() {
    run(async {
        let slow = Slow::default();
        let workshop = Workshop::new(slow.clone());
        let ann = registered(&workshop, "Ann").await;
        let key = knock(&workshop, &ann.token)
            .await
            .expect("let in")
            .return_key;
        slow.answers
            .forget_permits(slow.answers.available_permits());
        let back = workshop.find_out(order(Credential::Return { key }));
        let (back, ()) = tokio::join!(back, async {
            let promote = Write::Role(ann.account, Role::Admin);
            let written = slow.memory.clone().commit(Millis(1), &[promote]);
            assert_eq!(written, Ok(vec![Written::Done]));
            workshop.registry.role_changed(ann.account, false);
            slow.answers.add_permits(9);
        });
        assert_eq!(back.expect("known").role, Role::Admin);
    });
}

#[test]
fn a_token_for_nobody_is_none() {
    run(async {
        let workshop = Workshop::new(SharedMemory::default());
        for account in [AccountId(77), AccountId(AccountId::GUEST | 77)] {
            let (role, now) = (Role::Player, WallTime::now());
            let token = workshop.tokens.mint(account, "Eve", role, "main", now, 7);
            let refused = knock(&workshop, &token.unwrap()).await.unwrap_err();
            assert_eq!(refused.reason, CloseReason::BadCredential);
        }
        let guest = workshop.find_out(order(Credential::New)).await;
        assert_eq!(guest.unwrap_err().reason, CloseReason::BadCredential);
    });
}

#[test]
fn past_the_bound_nobody_registers_and_those_who_did_come_in() {
    run(async {
        let workshop = Workshop::new(SharedMemory::default());
        let ann = registered(&workshop, "Ann").await;
        workshop.registry.count_as(ACCOUNTS_MAX - 1);
        let bob = registered(&workshop, "Bob").await;
        let full = workshop.register("Cat").await;
        assert_eq!(full.err(), Some(LoginError::Closed));
        for token in [&ann.token, &bob.token] {
            assert!(knock(&workshop, token).await.is_ok());
        }
    });
}

/// A name is cut for the number behind it, and only as much as that needs.
#[test]
fn a_long_name_that_is_free_is_given_whole() {
    let workshop = Workshop::new(SharedMemory::default());
    let name = "abcdefghijklmnopqrstuvwxyzabcdef";
    assert_eq!(name.len(), NAME_BYTES_MAX);
    let claims = Claims {
        issuer: "web".to_owned(),
        subject: "ann".to_owned(),
        name: Some(name.to_owned()),
        role: Role::Player,
        room: None,
        id: "7".to_owned(),
        until: WallTime(0),
    };
    let claim = || workshop.gate.free_name(&claims, "Ann").expect("a name");
    let (first, second) = (claim(), claim());
    assert_eq!(first.name.shown, name);
    assert_eq!(
        second.name.shown,
        format!("{} 2", &name[..NAME_BYTES_MAX - 2])
    );
}
