//! Pages elsewhere: they get 403 and leave nothing behind.

use super::*;
use crate::transport::origin::HOSTILE;

const UPGRADE: &str = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                       Sec-WebSocket-Protocol: tickwire-1\r\n";

/// Each way in, as a page at `origin` would take it.
fn ways_in(origin: &str) -> [Vec<u8>; 3] {
    let origin = format!("Origin: {origin}\r\n");
    let offer = format!("{origin}Content-Length: 3\r\n");
    let upgrade = format!("{origin}{UPGRADE}");
    let host = format!("GET /ws HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\n{upgrade}\r\n");
    [
        head("GET", "/connect-info", &origin),
        [head("POST", "/webrtc", &offer), b"v=0".to_vec()].concat(),
        host.into_bytes(),
    ]
}

/// The first line of the answer.
async fn status(bench: &Bench, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(bench.address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        line.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(line).unwrap()
}

#[test]
fn foreign_pages_get_nothing_and_leave_nothing() {
    on_network_thread(Setup::default(), |mut bench| async move {
        for (origin, why) in HOSTILE {
            for request in ways_in(origin) {
                let line = status(&bench, &request).await;
                assert!(line.contains(" 403 "), "{origin} ({why}): {line}");
            }
        }
        assert_eq!(bench.rejected(Rejection::Origin), 3 * HOSTILE.len() as u64);
        assert_eq!((bench.sink.opened.get(), bench.links.len()), (0, 0));
        assert_eq!(bench.metrics.links.failed.total(), 0);
        assert!(bench.offers.try_recv().is_err());
    });
}

/// The same requests from pages that may: it is the rule that refuses the others.
#[test]
fn the_own_page_and_named_ones_get_in() {
    let setup = Setup {
        named: &["https://evil.example"],
        ..Setup::default()
    };
    on_network_thread(setup, |mut bench| async move {
        for origin in ["http://play.example.org:7777", "https://evil.example"] {
            let [info, offer, upgrade] = ways_in(origin);
            let answer = bench.send(&info).await;
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
            let allowed = format!("access-control-allow-origin: {origin}\r\n");
            assert!(answer.contains(&allowed), "{answer}");
            assert!(status(&bench, &upgrade).await.contains(" 101 "));
            let taking = async { bench.offers.recv().await.unwrap().offer };
            let (_, taken) = tokio::join!(send(bench.address, &offer), taking);
            assert_eq!(taken, "v=0");
        }
        assert_eq!(bench.sink.opened.get(), 2);
    });
}

#[test]
fn browsers_of_named_pages_may_ask_before_they_offer() {
    let setup = Setup {
        named: &["https://portal.example"],
        ..Setup::default()
    };
    on_network_thread(setup, |bench| async move {
        let asked = "Origin: https://portal.example\r\nAccess-Control-Request-Method: POST\r\n";
        let answer = bench.ask("OPTIONS", "/webrtc", asked).await;
        assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
        assert!(answer.contains("access-control-allow-methods: GET, POST\r\n"));
        let asked = asked.replace("portal", "other");
        let answer = bench.ask("OPTIONS", "/webrtc", &asked).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        assert!(!answer.contains("access-control"), "{answer}");
    });
}

#[test]
fn two_hosts_are_none() {
    on_network_thread(Setup::default(), |bench| async move {
        let headers = format!("Host: {HOST}\r\nOrigin: http://{HOST}\r\n");
        let answer = bench.ask("GET", "/rooms", &headers).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    });
}
