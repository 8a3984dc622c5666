//! Somebody on the path between a client and the server, who sees and forges datagrams.

use std::cell::RefCell;
use std::net::Ipv4Addr;
use std::rc::Rc;

use tickwire_shared::rng::Rng;
use tokio::net::UdpSocket;
use tokio::task::spawn_local;

use super::*;

/// Datagrams that are kept to be damaged.
const KEPT_MAX: usize = 256;

pub(super) struct Relay {
    /// Where the client sends to.
    front: Rc<UdpSocket>,
    /// What the server sees as the client.
    back: Rc<UdpSocket>,
    /// What the client sent.
    kept: Rc<RefCell<Vec<Vec<u8>>>>,
}

impl Relay {
    pub(super) async fn start(server_port: u16) -> Relay {
        let front = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let back = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        back.connect((Ipv4Addr::LOCALHOST, server_port))
            .await
            .unwrap();
        let relay = Relay {
            front: Rc::new(front),
            back: Rc::new(back),
            kept: Rc::default(),
        };
        spawn_local(pass_on(
            Rc::clone(&relay.front),
            Rc::clone(&relay.back),
            Rc::clone(&relay.kept),
        ));
        relay
    }

    pub(super) fn port(&self) -> u16 {
        self.front.local_addr().unwrap().port()
    }

    /// One datagram of the client, damaged.
    pub(super) fn damaged(&self, rng: &mut Rng) -> Vec<u8> {
        let kept = self.kept.borrow();
        let mut pick = || kept[rng.below(kept.len() as u32) as usize].clone();
        let (mut datagram, other) = (pick(), pick());
        match rng.below(8) {
            0 => datagram.truncate(rng.below(datagram.len() as u32) as usize),
            1 => datagram.extend((0..rng.below(64)).map(|_| rng.next_u32() as u8)),
            2 => {
                let cut = rng.below(datagram.len().min(other.len()) as u32) as usize;
                datagram.truncate(cut);
                datagram.extend_from_slice(&other[cut..]);
            }
            _ => {
                for _ in 0..=rng.below(6) {
                    let at = rng.below(datagram.len() as u32) as usize;
                    datagram[at] ^= 1 << rng.below(8);
                }
            }
        }
        datagram
    }

    /// Sends as if it came from the client.
    pub(super) fn forge(&self, datagram: &[u8]) {
        let _ = self.back.try_send(datagram);
    }
}

async fn pass_on(front: Rc<UdpSocket>, back: Rc<UdpSocket>, kept: Rc<RefCell<Vec<Vec<u8>>>>) {
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    let mut client = None;
    loop {
        tokio::select! {
            Ok((len, from)) = front.recv_from(&mut up) => {
                client = Some(from);
                let datagram = &up[..len];
                if kept.borrow().len() < KEPT_MAX && !datagram.is_empty() {
                    kept.borrow_mut().push(datagram.to_vec());
                }
                let _ = back.try_send(datagram);
            }
            Ok(len) = back.recv(&mut down) => {
                if let Some(client) = client {
                    let _ = front.try_send_to(&down[..len], client);
                }
            }
        }
    }
}

/// Both ways still work.
async fn check_alive(bench: &mut Bench, peer: &mut NativePeer, number: u8) {
    peer.send(Lane::Ordered, &[1, number]).await;
    let heard = Seen::Received(FIRST, Lane::Ordered, vec![1, number]);
    assert_eq!(bench.next().await, heard);
    bench.links.send(FIRST, Lane::Ordered, &[2, number]);
    let told = Told::Packet(Lane::Ordered, vec![2, number]);
    assert_eq!(peer.next().await, told);
}

#[test]
fn damaged_packets_at_the_port_harm_no_link() {
    on_network_thread(async |mut bench: Bench| {
        let relay = Relay::start(bench.port()).await;
        let mut peer = NativePeer::new(Options::default()).await;
        let answer = bench.answer(&peer.offer().await).await.unwrap();
        let here = format!(" {} typ host", bench.port());
        let there = format!(" {} typ host", relay.port());
        assert!(answer.contains(&here));
        peer.accept(answer.replace(&here, &there)).await;
        assert_eq!(bench.next().await, Seen::Opened(FIRST));
        within(peer.opened()).await;
        check_alive(&mut bench, &mut peer, 0).await;

        let stranger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        (stranger.connect((Ipv4Addr::LOCALHOST, bench.port())).await).unwrap();
        let mut rng = Rng::of(3, &[]);
        for round in 1..=100 {
            for _ in 0..500 {
                let datagram = relay.damaged(&mut rng);
                relay.forge(&datagram);
                let _ = stranger.try_send(&datagram);
                let whole = relay.kept.borrow()[0].clone();
                let _ = stranger.try_send(&whole);
            }
            check_alive(&mut bench, &mut peer, round).await;
        }
        let addresses = bench.webrtc.shared.connections.borrow().len();
        assert_eq!((addresses, bench.metrics.links.open.total()), (1, 1));
    });
}
