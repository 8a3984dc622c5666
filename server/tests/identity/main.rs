//! Accounts over real HTTP and QUIC, against the program as an operator starts it.
//!
//! Never plays: whoever is in has shown who it is.

mod held;
mod server;

use server::{ROOM, Scratch, Server, reason, run, within};
use tickwire_shared::close::CloseReason;
use tickwire_shared::wire::{BoundedStr, Credential, Role, RoomRequest, Token};

const PASSWORD: &str = "planted-password-7f3a";

#[test]
fn a_player_registers_logs_in_plays_and_comes_back() {
    run(async {
        let scratch = Scratch::new();
        let server = Server::start(&scratch, &[]);
        let ann = server.register("Ann", PASSWORD);
        let (_link, welcome) = server
            .join("Whoever", ann.shown())
            .await
            .unwrap_or_else(|_| panic!("in"));
        assert_eq!((&*welcome.name, ann.name.as_str()), ("Ann", "Ann"));
        assert_eq!(&*welcome.room, ROOM);
        assert_eq!(welcome.account.0.to_string(), ann.account);
        assert_eq!(welcome.role, Role::Player);
        let again = server.join("Whoever", ann.shown()).await;
        assert_eq!(reason(again), CloseReason::BadCredential);
        let key = welcome.return_key;
        let back = server.join("Whoever", Credential::Return { key }).await;
        assert_eq!(
            back.unwrap_or_else(|_| panic!("in")).1.account,
            welcome.account
        );
        let guest = server.join("ann", Credential::New).await;
        assert_eq!(reason(guest), CloseReason::BadName);
        let taken = server.log_in("/register", "ANN", PASSWORD).err();
        assert_eq!(taken.map(|(status, _)| status), Some(409));
        let wrong = server
            .log_in("/login", "Ann", "planted-password-7f3b")
            .err();
        assert_eq!(wrong.map(|(status, _)| status), Some(401));
    });
}

/// A login opens the room it was made for, and so does the key it leaves; one for all there is not.
#[test]
fn a_login_is_for_one_room() {
    run(async {
        let scratch = Scratch::new();
        let server = Server::start(&scratch, &[]);
        for room in ["", r#","room":"*""#] {
            let body = format!(r#"{{"name":"Ann","password":"{PASSWORD}"{room}}}"#);
            let (status, words) = server.post(server.public, "/register", "", &body);
            assert_eq!(status, 400, "{words}");
            assert!(words.starts_with("room is "), "{words}");
        }
        let ann = server.register("Ann", PASSWORD);
        let named = |room| RoomRequest::Named(BoundedStr::cut(room));
        let other = server.enter(named("arena"), "Ann", ann.shown()).await;
        assert_eq!(reason(other), CloseReason::BadCredential);
        let (_link, welcome) = server
            .enter(named(ROOM), "Ann", ann.shown())
            .await
            .unwrap_or_else(|_| panic!("in"));
        let back = || Credential::Return {
            key: welcome.return_key,
        };
        let Err(refuse) = server.enter(named("arena"), "Ann", back()).await else {
            panic!("a refusal");
        };
        assert!(refuse.detail.contains("another room"), "{refuse:?}");
        for room in [named(ROOM), RoomRequest::Any] {
            let again = server.enter(room, "Ann", back()).await;
            let (_link, again) = again.unwrap_or_else(|_| panic!("in"));
            assert_eq!((&*again.room, again.account), (ROOM, welcome.account));
        }
    });
}

/// The server is killed as hard as can be between the two.
#[test]
fn a_key_survives_a_restart_and_a_used_token_stays_used() {
    run(async {
        let scratch = Scratch::new();
        let server = Server::start(&scratch, &[]);
        let ann = server.register("Ann", PASSWORD);
        let (_link, welcome) = server
            .join("Ann", ann.shown())
            .await
            .unwrap_or_else(|_| panic!("in"));
        drop(server);
        let server = Server::start(&scratch, &[]);
        let replay = server.join("Ann", ann.shown()).await;
        assert_eq!(reason(replay), CloseReason::BadCredential);
        let guest = server.join("ANN", Credential::New).await;
        assert_eq!(reason(guest), CloseReason::BadName);
        let key = welcome.return_key;
        let back = server.join("Ann", Credential::Return { key }).await;
        assert_eq!(
            back.unwrap_or_else(|_| panic!("in")).1.account,
            welcome.account
        );
        let again = server
            .log_in("/login", "Ann", PASSWORD)
            .unwrap_or_else(|_| panic!("a token"));
        assert_eq!(again.account, ann.account);
    });
}

#[test]
fn an_operator_makes_the_first_admin_and_no_page_does() {
    run(async {
        let scratch = Scratch::new();
        let server = Server::start(&scratch, &["--auth-guests", "false"]);
        server
            .log_in("/register", "Ann", PASSWORD)
            .unwrap_or_else(|_| panic!("a new account"));
        let evil = "Origin: https://evil.example\r\n";
        assert_eq!(server.promote(evil, "Ann", "admin"), 403);
        let bare = server.post(server.admin, "/accounts/role", "", "{}").0;
        assert_eq!(bare, 401);
        assert_eq!(server.promote("", "Bob", "admin"), 404);
        assert_eq!(server.promote("", "Ann", "god"), 400);
        let public = server.post(server.public, "/accounts/role", "", "{}").0;
        assert_eq!(public, 404);
        assert_eq!(server.promote("", "ann", "admin"), 200);
        let ann = server
            .log_in("/login", "Ann", PASSWORD)
            .unwrap_or_else(|_| panic!("a token"));
        let (mut link, welcome) = server
            .join("Ann", ann.shown())
            .await
            .unwrap_or_else(|_| panic!("in"));
        assert_eq!(welcome.role, Role::Admin);
        // It is taken away: also from whoever is in, and from whoever comes with the key of then.
        assert_eq!(server.promote("", "Ann", "moderator"), 200);
        within(async { while link.recv().await.is_ok() {} }).await;
        let key = welcome.return_key;
        let back = server.join("Ann", Credential::Return { key }).await;
        assert_eq!(reason(back), CloseReason::BadCredential);
        let guest = server.join("Guest", Credential::New).await;
        assert_eq!(reason(guest), CloseReason::BadCredential);
    });
}

/// Passwords, tokens and keys of players and of the server, planted everywhere they can be, are in
/// no line of a log that holds everything. What is no secret is, so that the log is the right one.
#[test]
fn no_secret_is_logged() {
    run(async {
        let scratch = Scratch::new();
        let server = Server::start(&scratch, &[]);
        let mut secrets = vec![PASSWORD.to_owned(), "planted-password-wrong".to_owned()];
        let ann = server.register("Ann", PASSWORD);
        let _ = server.log_in("/login", "Ann", "planted-password-wrong");
        let (_, malformed) =
            server.post(server.public, "/login", "", "{\"password\":\"planted-half");
        assert!(!malformed.contains("planted"), "{malformed}");
        let (_link, welcome) = server
            .join("Ann", ann.shown())
            .await
            .unwrap_or_else(|_| panic!("in"));
        let _ = server.join("Ann", ann.shown()).await;
        let forged = format!("{}planted", &ann.token[..ann.token.len() - 8]);
        let token = BoundedStr::cut(&forged);
        let _ = server.join("Ann", Credential::Admission { token }).await;
        let key = Token(*b"planted key 1234");
        let _ = server.join("Ann", Credential::Return { key }).await;
        let (_guest, guest) = server
            .join("Bob", Credential::New)
            .await
            .unwrap_or_else(|_| panic!("in"));
        secrets.extend([ann.token, forged, "planted".to_owned()]);
        for key in [
            welcome.return_key,
            welcome.token,
            guest.return_key,
            guest.token,
            key,
        ] {
            let hexadecimal = key.0.iter().map(|byte| format!("{byte:02x}"));
            secrets.push(hexadecimal.collect());
            let list = key.0.iter().map(u8::to_string).collect::<Vec<_>>();
            secrets.push(list.join(", "));
        }
        let account = ann.account;
        drop(server);
        let log = std::fs::read_to_string(scratch.0.join("log")).expect("a log");
        assert!(
            log.contains(&account) && log.contains("TRACE"),
            "not the whole log"
        );
        for file in ["signing.key", "reset.key", "guests.key"] {
            let bytes = std::fs::read(scratch.0.join(file)).expect("a key");
            let list = bytes.iter().map(u8::to_string).collect::<Vec<_>>();
            secrets.push(list.join(", "));
        }
        assert!(secrets.len() >= 17);
        for secret in secrets {
            assert!(!log.contains(&secret), "{secret} is logged");
        }
    });
}
