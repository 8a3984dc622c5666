//! Where a server is reached: IPv6 and IPv4 at one port, and every address of its machine.
//!
//! Never leaves the machine: loopback has several addresses of IPv4, and one of IPv6 where the
//! system speaks it.

mod live;

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use live::{Hosted, PATIENCE, Player, run, until};
use tickwire_arena::Arena;
use tickwire_link::Dial;
use tickwire_shared::client::ClientConfig;
use tickwire_shared::transport::Transport;

/// What the system takes when nobody says which address to answer from.
const USUAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A second address of the same machine.
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// Those of `asked` that this machine has; says for each other one, past the test runner, which
/// swallows what a passing test prints, that it was not looked at.
fn present(asked: &[IpAddr]) -> Vec<IpAddr> {
    let has = |ip: &IpAddr| match UdpSocket::bind((*ip, 0)) {
        Ok(_) => true,
        Err(error) => {
            let words = "so reaching a server there is NOT CHECKED on this machine";
            let _ = writeln!(std::io::stderr(), "\nno address {ip} ({error}): {words}");
            false
        }
    };
    asked.iter().copied().filter(has).collect()
}

fn hosted(name: &str, listen: &str) -> Hosted {
    Hosted::start::<Arena>(name, |config| {
        config.listen = listen.parse().expect("an address");
    })
}

/// Joins over `transport` at `to`, and plays.
async fn play(to: SocketAddr, transport: Transport) {
    let config = ClientConfig {
        name: transport.name().to_owned(),
        room: Some("pit".to_owned()),
        ..ClientConfig::default()
    };
    let dial = Dial::to(&to.to_string()).over(transport);
    let mut player = Player::<Arena>::new(dial, config);
    let what = format!("player over {transport} at {to}");
    until(&mut [&mut player], &what, |players| players[0].is_playing()).await;
}

fn all_play(hosted: &Hosted, at: &[IpAddr]) {
    let port = hosted.server().address().port();
    run(async {
        for ip in present(at) {
            for transport in Transport::ALL {
                play((ip, port).into(), transport).await;
            }
        }
    });
}

#[test]
fn one_port_takes_players_of_both_families_over_every_transport() {
    all_play(&hosted("families", "[::]:0"), &[USUAL, V6]);
}

/// QUIC's clients and ICE hear nothing that comes from elsewhere than where they asked.
#[test]
fn players_join_at_any_address_of_the_machine() {
    for (name, listen) in [("other-all", "[::]:0"), ("other-v4", "0.0.0.0:0")] {
        all_play(&hosted(name, listen), &[OTHER]);
    }
}

/// A first packet of QUIC in a version that nobody speaks: the server names those it does
/// (RFC 9000, section 17.2.1).
fn unknown_version() -> Vec<u8> {
    let head = [0xC0, 0x0A, 0x1A, 0x2A, 0x3A, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0];
    let mut packet = vec![0; 1_200];
    packet[..head.len()].copy_from_slice(&head);
    packet
}

#[test]
fn an_answer_comes_from_the_address_that_was_asked() {
    for (name, listen, at) in [
        ("source-all", "[::]:0", &[USUAL, OTHER, V6][..]),
        ("source-v4", "0.0.0.0:0", &[USUAL, OTHER]),
    ] {
        let hosted = hosted(name, listen);
        for ip in present(at) {
            let to = SocketAddr::new(ip, hosted.server().address().port());
            // Of no address yet, so that it hears answers from everywhere.
            let any: IpAddr = match ip {
                IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
                IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
            };
            let socket = UdpSocket::bind((any, 0)).expect("a port");
            socket.set_read_timeout(Some(PATIENCE)).expect("a mode");
            socket.send_to(&unknown_version(), to).expect("sent");
            let (_, from) = socket.recv_from(&mut [0; 1_500]).expect("an answer");
            assert_eq!(from, to, "asked at {to}, listening at {listen}");
        }
    }
}
