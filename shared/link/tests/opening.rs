//! How long each transport takes to open.
mod peers;
use peers::web::{self, Port};
use std::time::Instant;
use tickwire_link::{Dial, dial};
use tickwire_shared::transport::Transport;

#[tokio::test]
async fn opening() {
    let at = web::start(Port {
        websocket: true,
        webrtc: true,
        ..Port::default()
    })
    .await;
    for transport in [Transport::WebSocket, Transport::WebRtc] {
        let mut times = Vec::new();
        for _ in 0..10 {
            let started = Instant::now();
            let link = dial(&Dial::to(&at.to_string()).over(transport))
                .await
                .unwrap();
            times.push(started.elapsed().as_micros() as f64 / 1000.0);
            link.close(tickwire_shared::close::CloseReason::Bye).await;
        }
        println!("{transport}: {times:?}");
    }
}
