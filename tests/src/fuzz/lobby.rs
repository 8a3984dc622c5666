//! The whole lobby under any bytes, before and after the handshake, on every lane.
//!
//! Each input meets a fresh copy of a lobby with a victim and an attacker in one room. The first
//! byte chooses the attacker's link (new or live) and lane; the rest is the packet.

use std::cell::OnceCell;

use tickwire_server::engine::account::GuestSecret;
use tickwire_server::engine::lobby::{Lobby, LobbyConfig};
use tickwire_server::engine::storage::Millis;
use tickwire_server::engine::{Effect, Inbound, Outbound};
use tickwire_server::store::MemoryStore;
use tickwire_server::store::at_once::serve;
use tickwire_shared::close::CloseReason;
use tickwire_shared::delta::Tables;
use tickwire_shared::id::{Lane, LinkId, PlayerId};
use tickwire_shared::rng::Rng;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{ClientControl, Hello, decode, decode_probe};

use crate::games::SimGame;
use crate::games::sandbox::Sandbox;
use crate::samples::{client_control, handshake, inputs, probes, server_control};
use crate::stage::schema;

const VICTIM: LinkId = LinkId(1);
const ATTACKER: LinkId = LinkId(2);
const STRANGER: LinkId = LinkId(3);

/// The first seat that was given out, of the first room.
const VICTIMS_SEAT: PlayerId = PlayerId(0);

const LANES: [Lane; 3] = [Lane::Ordered, Lane::Input, Lane::Snapshot];

thread_local! {
    static LOBBY: OnceCell<Lobby> = const { OnceCell::new() };
}

fn open() -> Lobby {
    let schema = schema::<Sandbox>();
    let tables = Tables::default_for(&schema);
    let secret = GuestSecret::new(&[7; 32]);
    let config = LobbyConfig::of::<Sandbox>(schema, &tables, &Sandbox::rules(1), secret);
    let mut lobby = Lobby::new(config.expect("the sandbox is small"));
    let (hello, mut entropy) = (&handshake()[0].bytes, Rng::new(1));
    for link in [VICTIM, ATTACKER] {
        lobby.opened(Instant(0), link);
        let mut numbers = || entropy.next_u64();
        lobby.receive(Instant(0), link, Lane::Ordered, hello, &mut numbers);
    }
    lobby.opened(Instant(0), STRANGER);
    let mut store = MemoryStore::default();
    while let Some(effect) = lobby.next_effect() {
        serve(&mut lobby, &mut store, Instant(0), Millis(0), effect);
    }
    assert_eq!(lobby.sessions(), 2, "both are in");
    lobby
}

/// I8 and I11: no panic; bytes that are no packet of the link's phase close that link with a
/// reason and do nothing else; the victim is never touched.
///
/// # Panics
/// When that does not hold.
pub fn target(bytes: &[u8]) {
    let Some((choice, packet)) = bytes.split_first() else {
        return;
    };
    let link = if choice & 1 == 0 { STRANGER } else { ATTACKER };
    let lane = LANES[usize::from(choice >> 1) % LANES.len()];
    let mut lobby = LOBBY.with(|cell| cell.get_or_init(open).clone());
    let mut entropy = Rng::new(2);
    let mut numbers = || entropy.next_u64();
    lobby.receive(Instant(1_000), link, lane, packet, &mut numbers);
    let seen = judge(&mut lobby, link);
    assert!(seen.closed || !seen.refused, "refused and left open");
    if link == STRANGER {
        let said_hello = lane == Lane::Ordered && decode::<Hello>(packet).is_ok();
        let probed = lane == Lane::Input && decode_probe(packet).is_some();
        assert!(
            said_hello || seen.closed || (probed && seen.to_itself == Some(packet.to_vec())),
            "a stranger said nonsense and stays"
        );
        assert!(
            said_hello || seen.to_room == 0,
            "I11: a stranger reached the room"
        );
        assert!(
            said_hello || seen.to_others == 0,
            "I11: a stranger reached a player"
        );
        assert!(lobby.sessions() >= 2, "I11: a stranger ended a session");
    } else {
        let leaves = lane == Lane::Ordered && decode(packet) == Ok(ClientControl::Leave);
        assert!(leaves || lobby.sessions() == 2, "a session ended");
        assert!(
            !seen.closed || leaves || seen.to_others == 0,
            "nonsense reached a player"
        );
    }
    assert!(lobby.links() >= 1, "the victim's link is gone");
}

#[derive(Default)]
struct Seen {
    closed: bool,
    refused: bool,
    to_room: u32,
    to_others: u32,
    /// The last packet to the link itself.
    to_itself: Option<Vec<u8>>,
}

fn judge(lobby: &mut Lobby, link: LinkId) -> Seen {
    let (mut seen, mut count) = (Seen::default(), 0);
    let victims_room = lobby.rooms().next().map(|info| info.room);
    let mut store = MemoryStore::default();
    while let Some(effect) = lobby.next_effect() {
        let served = serve(lobby, &mut store, Instant(1_000), Millis(1), effect);
        let Some(effect) = served else { continue };
        count += 1;
        assert!(count < 600, "I10: one packet has more than 600 effects");
        match effect {
            Effect::ToLink(Outbound::Close {
                link: closed,
                reason,
            }) => {
                assert_eq!(closed, link, "another player's link was closed");
                assert!(!seen.closed, "closed twice");
                seen.closed = true;
                seen.refused |= reason != CloseReason::Bye;
            }
            Effect::ToLink(Outbound::Packet {
                link: to, bytes, ..
            }) if to == link => seen.to_itself = Some(bytes.to_vec()),
            Effect::ToLink(Outbound::Packet { .. }) => seen.to_others += 1,
            Effect::ToRoom(room, inbound) => {
                let victim = player_of(&inbound) == VICTIMS_SEAT && Some(room) == victims_room;
                assert!(!victim, "spoke as the victim: {inbound:?}");
                seen.to_room += u32::from(!matches!(inbound, Inbound::Detach { .. }));
            }
            Effect::OpenRoom(_) | Effect::EndRoom(_) | Effect::Admit(_) => {}
            Effect::Write(..) | Effect::Find(..) => {}
        }
    }
    seen
}

fn player_of(inbound: &Inbound) -> PlayerId {
    match inbound {
        Inbound::Join { player, .. }
        | Inbound::Attach { player, .. }
        | Inbound::Detach { player }
        | Inbound::Away { player, .. }
        | Inbound::Leave { player }
        | Inbound::Input { player, .. }
        | Inbound::Check { player, .. } => *player,
    }
}

/// Every packet, on both links and each lane.
#[must_use]
pub fn corpus() -> Vec<Vec<u8>> {
    let packets = [
        handshake(),
        client_control(),
        server_control(),
        inputs(),
        probes(),
    ];
    let packets = packets.into_iter().flatten();
    packets
        .flat_map(|named| (0..6u8).map(move |choice| [&[choice], named.bytes.as_slice()].concat()))
        .collect()
}
