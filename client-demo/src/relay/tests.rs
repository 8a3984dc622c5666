//! A relay between real sockets.
//!
//! Never asserts on speed but for what the simulated network itself takes.

use std::time::Duration;

use tickwire_shared::conditioner::Network;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::*;

/// What nothing may take longer than.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to listen for what must not come.
const SILENCE: Duration = Duration::from_millis(300);

/// A server that sends everything back, over UDP and TCP on one port number.
async fn echo() -> SocketAddr {
    let any: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    let (udp, tcp) = listen(any).await.expect("a free port");
    let at = tcp.local_addr().expect("bound");
    tokio::spawn(async move {
        let mut buffer = [0; 2_000];
        while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
            let _ = udp.send_to(&buffer[..length], from).await;
        }
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = tcp.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.into_split();
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    at
}

async fn started(network: Network) -> Relay {
    let knobs = Knobs {
        network,
        ..Knobs::default()
    };
    let options = Options {
        listen: "127.0.0.1:0".parse().expect("an address"),
        to: echo().await,
        knobs,
        seed: 7,
    };
    Relay::start(options).await.expect("a free port")
}

async fn client(relay: &Relay) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    socket.connect(relay.address()).await.expect("connected");
    socket
}

async fn ping(socket: &UdpSocket, byte: u8, patience: Duration) -> Option<u8> {
    socket.send(&[byte]).await.expect("sent");
    let mut buffer = [0; 16];
    let length = timeout(patience, socket.recv(&mut buffer)).await.ok()?;
    length.ok().map(|_| buffer[0])
}

fn tell(relay: &Relay, line: &str) -> String {
    relay.obey(&line.parse().expect(line))
}

#[tokio::test]
async fn datagrams_find_their_way_back_to_each_client() {
    let relay = started(Network::PERFECT).await;
    let (ada, grace) = (client(&relay).await, client(&relay).await);
    assert_eq!(ping(&ada, 1, PATIENCE).await, Some(1));
    assert_eq!(ping(&grace, 2, PATIENCE).await, Some(2));
    assert_eq!(ping(&ada, 3, PATIENCE).await, Some(3));
}

#[tokio::test]
async fn orders_stop_and_start_datagrams() {
    let relay = started(Network::PERFECT).await;
    let ada = client(&relay).await;
    for (stop, start) in [("block", "unblock"), ("udp off", "udp on")] {
        assert_eq!(ping(&ada, 1, PATIENCE).await, Some(1), "before {stop}");
        tell(&relay, stop);
        assert_eq!(ping(&ada, 2, SILENCE).await, None, "after {stop}");
        tell(&relay, start);
        assert_eq!(ping(&ada, 3, PATIENCE).await, Some(3), "after {start}");
    }
}

#[tokio::test]
async fn a_stream_comes_late_and_whole() {
    let relay = started(Network::BAD).await;
    let started = Instant::now();
    let mut stream = TcpStream::connect(relay.address()).await.expect("open");
    let sent: Vec<u8> = (0..100_000_u32).map(|n| n as u8).collect();
    stream.write_all(&sent).await.expect("written");
    stream.shutdown().await.expect("ended");
    let mut got = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut got)).await;
    read.expect("in time").expect("a whole stream");
    assert!(got == sent, "{} of {} bytes", got.len(), sent.len());
    assert!(
        started.elapsed() >= Duration::from_millis(150),
        "RTT 200 ms"
    );
}

#[tokio::test]
async fn a_blocked_stream_goes_on_where_it_stood() {
    let relay = started(Network::PERFECT).await;
    let mut stream = TcpStream::connect(relay.address()).await.expect("open");
    let mut buffer = [0; 16];
    stream.write_all(b"one").await.expect("written");
    stream.read_exact(&mut buffer[..3]).await.expect("an echo");
    tell(&relay, "udp off");
    tell(&relay, "block");
    stream.write_all(b"two").await.expect("written");
    let read = timeout(SILENCE, stream.read(&mut buffer)).await;
    assert!(read.is_err(), "nothing passes: {read:?}");
    tell(&relay, "unblock");
    let read = timeout(PATIENCE, stream.read_exact(&mut buffer[..3])).await;
    read.expect("in time").expect("an echo");
    assert_eq!(&buffer[..3], b"two");
}

#[tokio::test]
async fn a_server_that_is_not_there_ends_the_stream() {
    let gone = listen("127.0.0.1:0".parse().expect("an address")).await;
    let to = gone.expect("a port").1.local_addr().expect("bound");
    let options = Options {
        listen: "127.0.0.1:0".parse().expect("an address"),
        to,
        knobs: Knobs::default(),
        seed: 1,
    };
    let relay = Relay::start(options).await.expect("a free port");
    let mut stream = TcpStream::connect(relay.address()).await.expect("open");
    let mut got = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut got)).await;
    assert!(read.is_ok() && got.is_empty(), "{read:?}");
}
