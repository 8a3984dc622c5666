//! The store is held by another program while somebody logs in.

use rusqlite::Connection;
use tickwire_shared::close::CloseReason;
use tickwire_shared::wire::RoomRequest;

use crate::PASSWORD;
use crate::server::{Scratch, Server, reason, run, within};

/// The link is given up after five seconds, and the token is good as before: once, also when the
/// server is killed after that.
#[test]
fn a_login_is_not_used_up_while_the_store_is_held() {
    run(async {
        let scratch = Scratch::new();
        let server = Server::start(&scratch, &[]);
        let ann = server.register("Ann", PASSWORD);
        let holder = Connection::open(scratch.0.join("tickwire.db")).expect("the store");
        holder.execute_batch("BEGIN IMMEDIATE").expect("it is held");
        let mut given_up = server.knock(RoomRequest::Any, "Ann", ann.shown()).await;
        within(async { while given_up.recv().await.is_ok() {} }).await;
        let again = server.join("Ann", ann.shown());
        let let_go = async { holder.execute_batch("COMMIT").expect("it is let go") };
        let (again, ()) = tokio::join!(again, let_go);
        let (_link, welcome) = again.unwrap_or_else(|refuse| panic!("{refuse:?}"));
        assert_eq!(welcome.account.0.to_string(), ann.account);
        let third = server.join("Ann", ann.shown()).await;
        assert_eq!(reason(third), CloseReason::BadCredential);
        drop(server);
        let server = Server::start(&scratch, &[]);
        let replay = server.join("Ann", ann.shown()).await;
        assert_eq!(reason(replay), CloseReason::BadCredential);
    });
}
