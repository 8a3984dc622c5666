//! The race of transports as a window's program sees it: asked, never awaited.

mod peers;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use peers::web::{self, Port};
use tickwire_link::{
    Address, DialOrder, Dialed, Dialer, NativeDialer, NotDialed, PolledLink, Trust,
};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::transport::Transport;

fn dialer(at: SocketAddr) -> NativeDialer {
    let address = Address::parse(&at.to_string()).expect("an address");
    NativeDialer::new(address, Trust::Automatic)
}

/// Asks until there is something, as frames do.
async fn asked<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(20);
    while Instant::now() < end {
        if let Some(answer) = ask() {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("no {what} for 20 s");
}

async fn outcome(dialer: &mut NativeDialer, order: DialOrder) -> Result<Dialed, NotDialed> {
    dialer.start(order);
    let outcome = asked("outcome", || dialer.poll()).await;
    assert!(dialer.poll().is_none(), "told once");
    outcome
}

async fn echoed(link: &mut dyn PolledLink) {
    for lane in [Lane::Ordered, Lane::Input] {
        link.send(lane, b"hello").expect("room");
        let came = asked("echo", || link.try_recv()).await;
        let lane = if lane == Lane::Input {
            Lane::Snapshot
        } else {
            lane
        };
        assert_eq!(came, Ok((lane, b"hello".to_vec())), "and no late probe");
    }
}

#[tokio::test]
async fn quic_wins_where_it_passes() {
    let mut dialer = dialer(peers::quic::start());
    let mut dialed = outcome(&mut dialer, DialOrder::default())
        .await
        .unwrap_or_else(|failed| panic!("no link: {}", failed.words));
    assert_eq!(dialed.link.transport(), Transport::Quic);
    assert_eq!(dialed.attempts.len(), 1, "{:?}", dialed.attempts);
    echoed(&mut *dialed.link).await;
    assert!(dialed.link.traffic().wire_bytes_in > 0);
    drop(dialer);
    echoed(&mut *dialed.link).await;
    dialed.link.close(CloseReason::Bye);
    let end = asked("end", || dialed.link.try_recv()).await;
    assert!(end.is_err(), "{end:?}");
}

#[tokio::test]
async fn websocket_wins_where_udp_does_not_pass_and_the_others_say_why() {
    let port = Port {
        websocket: true,
        ..Port::default()
    };
    let mut dialer = dialer(web::start(port).await);
    let mut dialed = outcome(&mut dialer, DialOrder::default())
        .await
        .unwrap_or_else(|failed| panic!("no link: {}", failed.words));
    assert_eq!(dialed.link.transport(), Transport::WebSocket);
    let tried: Vec<Transport> = dialed.attempts.iter().map(|one| one.transport).collect();
    assert!(tried.contains(&Transport::Quic), "{tried:?}");
    for attempt in &dialed.attempts {
        let won = attempt.transport == Transport::WebSocket;
        assert_eq!(attempt.outcome.is_ok(), won, "{attempt:?}");
    }
    echoed(&mut *dialed.link).await;
}

#[tokio::test]
async fn a_link_that_opens_and_swallows_packets_does_not_win() {
    let port = Port {
        websocket: true,
        deaf: true,
        ..Port::default()
    };
    let mut dialer = dialer(web::start(port).await);
    let order = DialOrder {
        only: Some(Transport::WebSocket),
        first: None,
    };
    let lost = outcome(&mut dialer, order).await.err().expect("no link");
    assert_eq!(lost.attempts.len(), 1);
    assert!(lost.words.contains("no packet came back"), "{}", lost.words);
}

#[tokio::test]
async fn the_last_winner_goes_first_and_a_new_order_gives_up_the_old() {
    let port = Port {
        websocket: true,
        webrtc: true,
        ..Port::default()
    };
    let mut dialer = dialer(web::start(port).await);
    dialer.start(DialOrder::default());
    let order = DialOrder {
        only: None,
        first: Some(Transport::WebRtc),
    };
    let mut dialed = outcome(&mut dialer, order)
        .await
        .unwrap_or_else(|failed| panic!("no link: {}", failed.words));
    assert_eq!(dialed.link.transport(), Transport::WebRtc);
    echoed(&mut *dialed.link).await;
}
