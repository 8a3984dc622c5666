//! Names and passwords on their way to where accounts are, and what comes back.

use tickwire_shared::id::AccountId;

use super::*;
use crate::auth::{LoggedIn, LoginAct, LoginError, Secret};
use crate::engine::names::NameFault;
use crate::engine::storage::StoreFault;

fn login(path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let headers = format!("Content-Length: {length}\r\n{headers}");
    [head("POST", path, &headers), body.into()].concat()
}

const JSON: &str = "Content-Type: application/json\r\n";
const GOOD: &str = r#"{"name":"Ann","password":"correct horse","room":"duel"}"#;

fn good() -> LoggedIn {
    LoggedIn {
        account: AccountId(u64::MAX >> 1),
        name: "Ann".to_owned(),
        token: Secret::new("v4.public.token".to_owned()),
    }
}

#[test]
fn a_login_gets_a_token_that_no_cache_keeps() {
    on_network_thread(Setup::default(), |mut bench| async move {
        for (path, act) in [
            ("/login", LoginAct::Login),
            ("/register", LoginAct::Register),
        ] {
            let request = login(path, JSON, GOOD);
            let serving = async {
                let request = bench.logins.recv().await.unwrap();
                assert_eq!((request.act, request.name.as_str()), (act, "Ann"));
                assert_eq!(request.password.reveal(), "correct horse");
                assert_eq!(request.room, "duel");
                assert!(request.from.is_loopback());
                request.reply.send(Ok(good())).unwrap();
            };
            let (answer, ()) = tokio::join!(send(bench.address, &request), serving);
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
            assert!(answer.contains("cache-control: no-store\r\n"), "{answer}");
            let expected =
                r#"{"account":"9223372036854775807","name":"Ann","token":"v4.public.token"}"#;
            assert_eq!(body(&answer), expected);
        }
    });
}

#[test]
fn each_refusal_has_its_status_and_words() {
    on_network_thread(Setup::default(), |mut bench| async move {
        for (error, status, words) in [
            (LoginError::Wrong, 401, "name or the password"),
            (LoginError::Taken, 409, "somebody has this name"),
            (LoginError::Closed, 403, "themselves"),
            (LoginError::Name(NameFault::Reserved), 400, "kept for"),
            (LoginError::Password("a rule"), 400, "a rule"),
            (LoginError::TooMany(12), 429, "12 s"),
            (LoginError::Crowded(12), 429, "12 s"),
            (LoginError::Busy, 429, "try again"),
            (LoginError::Store(StoreFault::Full), 503, "no space"),
        ] {
            let request = login("/login", JSON, GOOD);
            let serving = async {
                let request = bench.logins.recv().await.unwrap();
                request.reply.send(Err(error)).unwrap();
            };
            let (answer, ()) = tokio::join!(send(bench.address, &request), serving);
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status} ")),
                "{answer}"
            );
            assert!(body(&answer).contains(words), "{answer}");
            let later = matches!(status, 429 | 503);
            assert_eq!(answer.contains("retry-after: "), later, "{answer}");
        }
        assert_eq!(bench.rejected(crate::metrics::Rejection::Logins), 1);
    });
}

#[test]
fn what_is_no_login_goes_nowhere_and_is_not_repeated() {
    let setup = Setup {
        rates: Some(RequestRates::new(1_000)),
        ..Setup::default()
    };
    on_network_thread(setup, |mut bench| async move {
        let long = "x".repeat(17_000);
        let long = format!(r#"{{"name":"Ann","password":"{long}","room":"duel"}}"#);
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        let plain = "Content-Type: text/plain\r\n";
        let foreign = format!("{JSON}Origin: https://evil.example\r\n");
        for (headers, text, status) in [
            (JSON, "", 400),
            (JSON, "s3cret", 400),
            (JSON, r#"{"name":"Ann"}"#, 400),
            (JSON, r#"{"name":"Ann","password":7}"#, 400),
            (
                JSON,
                r#"{"name":"Ann","password":"s3cret","room":"duel","role":"admin"}"#,
                400,
            ),
            (JSON, &long, 413),
            (form, "name=Ann&password=s3cret", 415),
            (plain, GOOD, 415),
            ("", GOOD, 415),
            (&foreign, GOOD, 403),
        ] {
            let answer = bench.send(&login("/login", headers, text)).await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status} ")),
                "{answer}"
            );
            assert!(!answer.contains("s3cret"), "{answer}");
            assert!(bench.logins.try_recv().is_err());
        }
        let answer = bench.ask("GET", "/login", "").await;
        assert!(
            answer.starts_with("HTTP/1.1 405 ") && answer.contains("allow: POST"),
            "{answer}"
        );
    });
}

/// A login is for one room, which it names: none is all.
#[test]
fn a_login_without_one_room_is_refused_by_that_name() {
    let setup = Setup {
        rates: Some(RequestRates::new(1_000)),
        ..Setup::default()
    };
    on_network_thread(setup, |mut bench| async move {
        let long = format!(r#","room":"{}""#, "x".repeat(49));
        for (room, words) in [
            ("", "room is missing: add \"room\""),
            (r#","room":null"#, "room is missing"),
            (r#","room":7"#, "room is missing"),
            (r#","room":["duel"]"#, "room is missing"),
            (r#","room":"*""#, "U+002A: give the name of the one room"),
            (r#","room":"""#, "room is no name of a room, it is empty"),
            (r#","room":" duel""#, "U+0020"),
            (r#","room":"du\u202eel""#, "U+202E"),
            (&long, "it is too long"),
        ] {
            for path in ["/login", "/register"] {
                let text = format!(r#"{{"name":"Ann","password":"s3cret"{room}}}"#);
                let answer = bench.send(&login(path, JSON, &text)).await;
                assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
                assert!(body(&answer).contains(words), "{answer}");
                assert!(!answer.contains("s3cret"), "{answer}");
                assert!(bench.logins.try_recv().is_err(), "{room} goes on");
            }
        }
    });
}

fn narrow() -> Setup {
    Setup {
        connections_max: Some(1),
        ..Setup::default()
    }
}

#[test]
fn a_login_that_waits_for_its_answer_keeps_its_place() {
    on_network_thread(narrow(), |mut bench| async move {
        let mut first = TcpStream::connect(bench.address).await.unwrap();
        first.write_all(&login("/login", JSON, GOOD)).await.unwrap();
        let request = bench.logins.recv().await.unwrap();
        assert_eq!(bench.ask("GET", "/rooms", "").await, "");
        assert_eq!(bench.rejected(Rejection::Full), 1);
        request.reply.send(Ok(good())).unwrap();
        let answer = read_all(first).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    });
    // One that is still coming keeps nobody out.
    on_network_thread(narrow(), |bench| async move {
        let mut first = TcpStream::connect(bench.address).await.unwrap();
        let request = login("/login", JSON, GOOD);
        let most = &request[..request.len() - 1];
        first.write_all(most).await.unwrap();
        let answer = bench.ask("GET", "/rooms", "").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert_eq!(read_all(first).await, "");
    });
}

#[test]
fn a_server_with_too_many_logins_says_so_at_once() {
    on_network_thread(Setup::default(), |bench| async move {
        let first = TcpStream::connect(bench.address).await.unwrap();
        let (_reader, mut writer) = first.into_split();
        writer
            .write_all(&login("/login", JSON, GOOD))
            .await
            .unwrap();
        while bench.logins.is_empty() {
            tokio::task::yield_now().await;
        }
        let answer = bench.send(&login("/login", JSON, GOOD)).await;
        assert!(answer.starts_with("HTTP/1.1 429 "), "{answer}");
    });
}
