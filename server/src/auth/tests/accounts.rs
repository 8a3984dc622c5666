//! Registering and logging in: what is taken, what is wrong, and what it costs.

use std::time::Duration;

use tickwire_shared::time::Instant;

use super::workshop::{Workshop, run};
use crate::auth::{LoginAct, LoginError, Passwords, Secret};
use crate::engine::names::NameFault;
use crate::limits::{LOGINS_WAITING_MAX, PASSWORD_PERMITS_MAX};
use crate::runtime::Clock;
use crate::runtime::clock::process_cpu;
use crate::store::SharedMemory;

const GOOD: &str = "correct horse";

#[test]
fn whoever_registers_logs_in_with_that_password_alone() {
    run(async {
        let workshop = Workshop::new(SharedMemory::default());
        let ann = workshop.register("Ann Ä. 3").await.unwrap();
        for name in ["Ann Ä. 3", "ann ä. 3", "ANN Ä. 3"] {
            let again = workshop.ask(LoginAct::Login, name, GOOD, 2).await.unwrap();
            assert_eq!(
                (again.account, again.name),
                (ann.account, "Ann Ä. 3".to_owned())
            );
        }
        for (name, password) in [("Ann Ä. 3", "correct horsf"), ("Bob", GOOD), ("", "")] {
            let wrong = workshop.ask(LoginAct::Login, name, password, 3).await;
            assert_eq!(wrong.err(), Some(LoginError::Wrong), "{name}");
        }
        let after_restart = Workshop::new(workshop.store.clone());
        let again = after_restart
            .ask(LoginAct::Login, "Ann Ä. 3", GOOD, 1)
            .await;
        assert_eq!(again.unwrap().account, ann.account);
    });
}

#[test]
fn names_and_passwords_that_cannot_be_are_refused_by_name() {
    run(async {
        let workshop = Workshop::new(SharedMemory::default());
        workshop.register("Ivan").await.unwrap();
        for (name, password, fault) in [
            ("Ivan", GOOD, LoginError::Taken),
            ("lvan", GOOD, LoginError::Taken),
            ("Admin", GOOD, LoginError::Name(NameFault::Reserved)),
            ("Аnn", GOOD, LoginError::Name(NameFault::Mixed)),
        ] {
            let refused = workshop.ask(LoginAct::Register, name, password, 2).await;
            assert_eq!(refused.err(), Some(fault), "{name}");
        }
        let long = "\u{FDFA}".repeat(5_000);
        let wrong = workshop.ask(LoginAct::Login, &long, GOOD, 2).await;
        assert_eq!(
            wrong.err(),
            Some(LoginError::Wrong),
            "no such name is looked up"
        );
        for password in ["1234567", &"x".repeat(257)] {
            let refused = workshop.ask(LoginAct::Register, "Bob", password, 2).await;
            assert!(matches!(refused, Err(LoginError::Password(_))));
        }
        // The names of the store hold after a restart, before they were read into memory too.
        let after_restart = Workshop::new(workshop.store.clone());
        let taken = after_restart.register("ivan").await;
        assert_eq!(taken.err(), Some(LoginError::Taken));
    });
}

#[test]
fn two_who_want_the_same_name_at_once_do_not_both_get_it() {
    run(async {
        let workshop = Workshop::new(SharedMemory::default());
        let (one, other) = tokio::join!(workshop.register("Ivan"), workshop.register("1van"));
        assert!(one.is_ok());
        assert_eq!(other.err(), Some(LoginError::Taken));
        assert!(workshop.register("Ivana").await.is_ok());
    });
}

/// Time tells whether a name is known unless the same work is done for both: one Argon2id. The
/// times are printed; what is judged is the work, since machines are noisy.
#[test]
fn an_unknown_name_costs_what_a_known_one_does() {
    run(async {
        let workshop = Workshop::new(SharedMemory::default());
        workshop.register("Ann").await.unwrap();
        for (name, password) in [("Ann", "wrong password"), ("Nobody", "wrong password")] {
            let (hashed, cpu) = (workshop.passwords.hashed(), process_cpu());
            for address in 10..15 {
                let wrong = workshop.ask(LoginAct::Login, name, password, address).await;
                assert_eq!(wrong.err(), Some(LoginError::Wrong));
            }
            assert_eq!(workshop.passwords.hashed() - hashed, 5, "{name}");
            let cpu: Duration = (process_cpu() - cpu) / 5;
            println!("{name}: {cpu:?} of processor time a login");
        }
    });
}

/// An account is tried five times a minute, an address tries twenty times, whatever the others do;
/// what is refused costs no Argon2id.
#[test]
fn guessing_is_slow() {
    run(async {
        let workshop = Workshop::new(SharedMemory::default());
        let mut hashed = 0;
        for number in 0..100 {
            let from = number as u8 + 1;
            let tried = workshop.ask(LoginAct::Login, "Ann", "a guess", from).await;
            hashed += u32::from(tried.err() == Some(LoginError::Wrong));
        }
        assert_eq!(hashed, 5);
        let clock = Clock::start();
        for number in 0..100 {
            let name = format!("name {number}");
            let tried = workshop.ask(LoginAct::Login, &name, "a guess", 200).await;
            hashed += u32::from(tried.err() == Some(LoginError::Wrong));
        }
        // A try comes back every three seconds, should the machine be as slow as that.
        let back = clock.now().since(Instant(0)).as_secs() as u32 / 3;
        assert!((25..=25 + back).contains(&hashed), "{hashed} after {back}");
        assert_eq!(workshop.passwords.hashed(), u64::from(hashed));
        // Nothing but the rates holds guesses back: without them each one is hashed.
        for _ in 0..30 {
            let guess = Secret::new("a guess".to_owned());
            assert_eq!(workshop.passwords.verify(guess, None).await, Ok(false));
        }
        assert_eq!(workshop.passwords.hashed(), u64::from(hashed) + 30);
    });
}

/// A flood that comes from everywhere waits for the permits, or is refused: the memory of logins is
/// that of the permits, however many come.
#[test]
fn a_flood_of_logins_waits_or_is_refused() {
    run(async {
        let workshop = Workshop::new(SharedMemory::default());
        let flood = (0..500_u32).map(|number| {
            let name = format!("name {number}");
            let workshop = &workshop;
            async move {
                let from = (number % 250) as u8;
                workshop.ask(LoginAct::Login, &name, "a guess", from).await
            }
        });
        let answers = futures_util::future::join_all(flood).await;
        let count = |error| {
            answers
                .iter()
                .filter(|answer| answer.as_ref().err() == Some(&error))
                .count()
        };
        let (tried, busy) = (count(LoginError::Wrong), count(LoginError::Busy));
        assert_eq!(tried + busy, 500);
        assert!(
            tried <= LOGINS_WAITING_MAX + PASSWORD_PERMITS_MAX + 8,
            "{tried}"
        );
        assert_eq!(workshop.passwords.hashed(), tried as u64);
        // Where any number may wait, none is refused, and all of them are in memory at once.
        let all = LOGINS_WAITING_MAX + PASSWORD_PERMITS_MAX + 30;
        for (waiting, refuses) in [(LOGINS_WAITING_MAX, true), (all, false)] {
            let passwords =
                Passwords::with_waiting(PASSWORD_PERMITS_MAX, waiting).expect("threads");
            let flood = (0..all).map(|_| passwords.verify(Secret::new("a guess".to_owned()), None));
            let answers = futures_util::future::join_all(flood).await;
            assert_eq!(answers.iter().any(Result::is_err), refuses, "{waiting}");
            assert_eq!(passwords.hashed() == all as u64, !refuses);
        }
    });
}
