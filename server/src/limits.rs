//! Every bound of the server, and what happens when it is hit.
//!
//! Nothing here is configuration: what an operator may change stands in [`crate::config`].

mod chat;
mod gateway;
mod identity;
mod store;

use std::time::Duration;

pub use chat::*;
pub use gateway::*;
pub use identity::*;
pub use store::*;

/// Room packets that wait for one room's next tick at the most. A packet beyond is dropped and
/// counted: inputs come again with the next packet, acks too.
pub const MAILBOX_PACKETS_MAX: usize = 8_192;

/// What waits for one room's next tick at the most, joins and leaves included. A join beyond is
/// refused; a leave beyond cannot happen, because each session sends at most one.
pub const MAILBOX_ITEMS_MAX: usize = 3 * MAILBOX_PACKETS_MAX;

/// Ticks a late room runs without pause to catch up. Later than that, whole ticks are skipped and
/// counted, because a burst of old ticks would only make everything later still.
pub const CATCH_UP_TICKS_MAX: u64 = 8;

/// Links of all kinds at the most. A further one is refused during its handshake.
pub const LINKS_MAX: usize = 8_192;

/// Handshakes under way before a new address must first prove that it can be reached (Retry). One
/// that has half of its seats taken must do so at any time.
pub const HANDSHAKES_OPEN_MAX: usize = 64;

/// From a link's first packet to its Ordered stream. A slower link is closed.
pub const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(5);

/// Probes of one link that are sent back at the most, all before its Hello. More are dropped.
pub const PROBE_ECHOES_MAX: u8 = 64;

/// Silence on a link until it counts as lost.
pub const LINK_IDLE_TIME_MAX: Duration = Duration::from_secs(10);

/// Connection attempts that wait to be accepted at the most. A further one is refused.
pub const QUIC_INCOMING_MAX: usize = 1_024;

/// Bytes sent to an address for each that came from there, at the most, until it has shown that it
/// reads what is sent to it. What would go past that is dropped (RFC 9000, section 8.1).
pub const ANSWER_FACTOR: u64 = 3;

/// Addresses without a connection whose first datagrams are noted, so that a handshake is answered
/// by what came for it. Past that all notes are dropped; one datagram still counts for each.
pub const EARLY_ACCOUNTS_MAX: usize = 1_024;

/// Bytes kept of one connection attempt that was not accepted yet. More are dropped.
pub const QUIC_INCOMING_BYTES_MAX: u64 = 16 * 1_024;

/// Bytes kept of all connection attempts that were not accepted yet. More are dropped.
pub const QUIC_INCOMING_BYTES_TOTAL_MAX: u64 = 8 * 1_024 * 1_024;

/// Streams a client may have open, of either kind; QUIC itself holds the client to it. HTTP/3 takes
/// one of both directions and three of one, so that one more of either is left to notice.
pub const QUIC_STREAMS_MAX: u8 = 4;

/// Bytes in flight from a client on one stream; QUIC itself holds the client to it.
pub const QUIC_STREAM_WINDOW_BYTES: u32 = 64 * 1_024;

/// Bytes in flight from a client on all its streams; QUIC itself holds the client to it.
pub const QUIC_RECEIVE_WINDOW_BYTES: u32 = 128 * 1_024;

/// Ordered bytes sent to a client and not acked. Then the link's own queue starts to fill.
pub const QUIC_SEND_WINDOW_BYTES: u64 = 256 * 1_024;

/// Datagrams of one round that a link is handed at the most. A further one is dropped and counted:
/// it would push the first, which carries the player's own entities, out of the buffer. What
/// belongs to no round (an echo of a probe) is dropped and counted where the buffer has no room.
pub const DATAGRAM_BURST_MAX: u8 = 6;

/// Packets of Ordered lanes that are handed to links in one go. More wait for their turn, so that a
/// snapshot waits for no more than these: some 15 us each over QUIC.
pub const SLUICE_SLICE: usize = 32;

/// Packets of Ordered lanes that wait for their turn. At this many all go out in one go.
pub const SLUICE_WAITING_MAX: usize = 65_536;

/// Bytes of datagrams that wait in a link. The oldest are dropped, so that a link that was out
/// for a second gets the newest snapshot and not a second of old ones.
pub const DATAGRAM_SEND_BUFFER_BYTES: usize = 8_192;

/// Bytes of datagrams from a client that wait to be read. The oldest are dropped.
pub const DATAGRAM_RECEIVE_BUFFER_BYTES: usize = 16 * 1_024;

/// What a datagram costs in the buffer of the link beside its own bytes.
pub const DATAGRAM_OVERHEAD_BYTES: usize = 32;

const _: () = assert!(
    DATAGRAM_BURST_MAX as usize
        * (tickwire_shared::limits::PACKET_BYTES_MAX + DATAGRAM_OVERHEAD_BYTES)
        <= DATAGRAM_SEND_BUFFER_BYTES,
    "a whole burst must fit the buffer"
);

/// The congestion window never falls below this many bytes: at 60 snapshots a second Cubic would
/// otherwise hold them back for seconds after a few losses.
pub const CONGESTION_WINDOW_FLOOR_BYTES: u64 = 65_536;

/// Ordered packets that wait for one link at the most. A further one closes the link as a slow
/// consumer; its session resumes with the offset it had.
pub const ORDERED_QUEUE_PACKETS_MAX: usize = 256;

/// Ordered bytes that wait for one link at the most. More close the link as a slow consumer.
pub const ORDERED_QUEUE_BYTES_MAX: usize = 256 * 1_024;

/// How long a link that is being closed may take to deliver its last Ordered packets.
pub const CLOSE_LINGER_TIME_MAX: Duration = Duration::from_millis(500);

/// Bytes asked of the kernel for the UDP socket, each way. It may give less.
pub const UDP_SOCKET_BUFFER_BYTES: usize = 8 * 1_024 * 1_024;

/// Batches of datagrams in a row without any for QUIC after which others get their turn.
pub const FOREIGN_BATCHES_MAX: usize = 8;

/// Datagrams for WebRTC that wait for the network thread at the most. A further one is dropped.
pub const FOREIGN_QUEUE_MAX: usize = 2_048;

/// Datagrams for WebRTC that are worked off before others get their turn.
pub const FOREIGN_TURN_MAX: usize = 256;

/// Addresses of one WebRTC connection at the most: a client may try several networks before it
/// picks one. A further address is not admitted.
pub const WEBRTC_ADDRESSES_MAX: usize = 8;

/// DTLS datagrams held back from an address of a WebRTC client that has not answered yet, and sent
/// when it does. More are dropped, and the layers above repeat what they need.
pub const WEBRTC_HELD_BACK_MAX: usize = 4;

/// STUN messages of an admitted address a second. More are dropped unread.
pub const STUN_MESSAGES_PER_SECOND: u32 = 50;

/// STUN messages of an admitted address at once. More are dropped unread.
pub const STUN_MESSAGES_BURST: u32 = 100;

/// DTLS records, and answers of STUN, of an admitted address a second. More are dropped while the
/// queue of [`FOREIGN_QUEUE_MAX`] is half full.
pub const DTLS_RECORDS_PER_SECOND: u32 = 1_000;

/// The same of an admitted address at once; more are dropped in the same way.
pub const DTLS_RECORDS_BURST: u32 = 2_000;

/// Time of the network thread that one datagram of a WebRTC client may take without being counted:
/// what a forged one takes, for which its client cannot be blamed, and more.
pub const WEBRTC_WORK_FREE: Duration = Duration::from_micros(20);

/// Time that one datagram is charged for at the most, so that no single stall ends a link.
pub const WEBRTC_WORK_AT_ONCE_MAX: Duration = Duration::from_millis(25);

/// Time beyond that which a WebRTC client may take in a second; one that plays takes two or three
/// milliseconds. One that takes more loses its link at once: "too many packets". What carries
/// WebRTC keeps chunks that came out of order, up to a megabyte of their contents, and looks
/// through them all for each further one, so that a client can make its own dear. This bounds their
/// number too: each further one costs more.
pub const WEBRTC_WORK_PER_SECOND: Duration = Duration::from_millis(50);

/// The same at once; a handshake takes a few hundredths of it.
pub const WEBRTC_WORK_BURST: Duration = Duration::from_millis(250);

/// Offers that wait for an answer at the most. A further one is refused at once: "server full".
pub const OFFERS_WAITING_MAX: usize = 64;

/// Bytes of an offer of WebRTC at the most. A longer one is refused.
pub const OFFER_BYTES_MAX: usize = 16 * 1_024;

/// Candidates in an offer at the most; none is kept, since a client's addresses are learnt from its
/// STUN. More are refused: no machine has so many addresses.
pub const OFFER_CANDIDATES_MAX: usize = 64;

/// Answered offers without a link at the most. A further offer is refused: "server full".
pub const WEBRTC_OPENING_MAX: usize = 256;

/// Answered offers without a link of one address at the most; loopback is exempt. A further offer
/// is refused: "too many".
pub const WEBRTC_OPENING_PER_ADDRESS_MAX: usize = 16;

/// From an offer to open channels. A slower connection is dropped.
pub const WEBRTC_OPEN_TIME_MAX: Duration = Duration::from_secs(10);

/// Packets that came over one channel before the other was open and are kept. More are dropped.
pub const WEBRTC_EARLY_PACKETS_MAX: usize = 16;

/// Unreliable bytes of a link that are not known to have arrived. Above that its snapshots are
/// skipped and counted, so that a link that was out gets the newest and not a second of old ones.
pub const WEBRTC_UNRELIABLE_BYTES_MAX: usize = 8 * 1_024;

/// Bytes WebRTC holds of one link that are not known to have arrived. Then the link's own queue
/// starts to fill.
pub const WEBRTC_SEND_BUFFER_BYTES: usize = 128 * 1_024;

/// Bytes of one UDP datagram of WebRTC: a whole unreliable packet and what is put around it.
pub const WEBRTC_DATAGRAM_BYTES: usize = 1_200;

/// Mutations of one connection that follow each other at once at the most; more wait a moment.
pub const WEBRTC_TURNS_MAX: usize = 64;

/// Numbers tried for port 0 until one is free for UDP and TCP; then the start fails.
pub const PORT_TRIES_MAX: u32 = 16;

/// TCP connections the kernel keeps until they are accepted. Further ones try again.
pub const TCP_BACKLOG: i32 = 1_024;

/// Bytes read from a WebSocket at a time; kept for each link.
pub const WEBSOCKET_READ_BYTES: usize = 8 * 1_024;

/// Bytes written to a WebSocket that the kernel did not take yet at the most. They are never
/// reached: a turn has less (see below), and the next is not begun before it is written.
pub const WEBSOCKET_WRITE_BYTES_MAX: usize = 256 * 1_024;

/// Packets of one round on an unreliable lane that wait for a WebSocket. A further one is dropped.
pub const WEBSOCKET_ROUND_PACKETS_MAX: usize = tickwire_shared::limits::PARTS_MAX;

/// Once so many bytes of Ordered packets are in a turn of a WebSocket, the rest waits for the next,
/// so that snapshots pass between them.
pub const WEBSOCKET_ORDERED_TURN_BYTES: usize = 16 * 1_024;

/// What a WebSocket adds to a packet, the most it can be.
const WEBSOCKET_OVERHEAD_BYTES: usize = 16;

const _: () = assert!(
    // Ordered packets are short but for the last; in the worst case each has one byte.
    WEBSOCKET_ORDERED_TURN_BYTES
        + tickwire_shared::limits::ORDERED_BYTES_MAX
        + ORDERED_QUEUE_PACKETS_MAX * WEBSOCKET_OVERHEAD_BYTES
        + WEBSOCKET_ROUND_PACKETS_MAX
            * (tickwire_shared::limits::PACKET_BYTES_MAX + WEBSOCKET_OVERHEAD_BYTES)
        < WEBSOCKET_WRITE_BYTES_MAX,
    "a turn must fit the buffer"
);

/// Bytes asked of the kernel for what a WebSocket sends. Past it the socket takes nothing more,
/// and newer snapshots replace those that wait: an old one in the kernel would arrive all the same.
pub const WEBSOCKET_SEND_BUFFER_BYTES: usize = 64 * 1_024;

/// Bytes in the kernel that are not on their way yet, where the system can hold a socket to it.
pub const WEBSOCKET_UNSENT_BYTES: u32 = 8 * 1_024;

/// How often a WebSocket link is looked at.
pub const WEBSOCKET_TURN: Duration = Duration::from_millis(2_500);

/// Turns from one ping to the next.
pub const WEBSOCKET_PING_TURNS: u32 = 2;

/// Pings and pongs of one WebSocket client a turn at the most. More close the link.
pub const WEBSOCKET_CONTROL_PER_TURN_MAX: u32 = 32;

/// Messages of one WebSocket taken in before others have their turn.
pub const WEBSOCKET_MESSAGES_PER_TURN: u32 = 32;

/// How long a certificate for development is in use. Then the next one is, which was announced.
pub const CERTIFICATE_USE_TIME_MAX: Duration = Duration::from_secs(6 * 24 * 3_600);

/// From the start of its use to the end of a development certificate. Browsers accept one by its
/// hash only when it is valid for at most 14 days in all.
pub const CERTIFICATE_TIME_MAX: Duration = Duration::from_secs(13 * 24 * 3_600);

/// How long before its use a development certificate is valid, for clients whose clock is slow.
pub const CERTIFICATE_BACKDATED: Duration = Duration::from_secs(3_600);

const _: () = assert!(
    CERTIFICATE_TIME_MAX.as_secs() + CERTIFICATE_BACKDATED.as_secs() < 14 * 24 * 3_600,
    "browsers would refuse it"
);

/// The log warns of a certificate that ends sooner than this, once a day.
pub const CERTIFICATE_WARN_TIME: Duration = Duration::from_secs(14 * 24 * 3_600);

/// How often certificates are looked at: their age, and whether their files changed.
pub const CERTIFICATE_TURN: Duration = Duration::from_secs(3);

/// Bytes of a PEM file at the most. A longer one is refused.
pub const PEM_BYTES_MAX: u64 = 256 * 1_024;

/// Connections to the admin listener at the most. A further one waits.
pub const ADMIN_CONNECTIONS_MAX: usize = 64;

/// Time to send the head of an HTTP request. A slower client is cut off.
pub const HTTP_HEADER_TIME_MAX: Duration = Duration::from_secs(5);

/// Time an admin connection may stay open in all.
pub const HTTP_CONNECTION_TIME_MAX: Duration = Duration::from_secs(60);

/// Bytes of the head of an HTTP request at the most. A longer one is refused with 431.
pub const HTTP_HEAD_BYTES_MAX: usize = 16 * 1_024;

/// Header lines of an HTTP request at the most. More are refused with 431.
pub const HTTP_HEADERS_MAX: usize = 64;

/// Time to send the body of an HTTP request. A slower client gets 408.
pub const HTTP_BODY_TIME_MAX: Duration = Duration::from_secs(10);

/// Requests of one address a second to the public listener, unless configured otherwise; loopback
/// is exempt. One more gets 429 with `Retry-After`, and its connection is closed.
pub const HTTP_REQUESTS_PER_SECOND: u32 = 100;

/// Requests of one address at once, as seconds of its rate: a full room behind one router may load
/// the page at the same time. One more is refused as above.
pub const HTTP_REQUESTS_BURST_SECONDS: u32 = 20;

/// Addresses whose requests are counted. For a further one whoever was silent for the longest time
/// is forgotten, who may at worst ask for another burst.
pub const HTTP_ADDRESSES_MAX: usize = 4_096;

/// Time for the TLS handshake of a public connection. A slower client is cut off.
pub const TLS_HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(5);

/// Time a client may let an answer stand without reading any of it. Then it is cut off.
pub const HTTP_STALL_TIME_MAX: Duration = Duration::from_secs(10);

/// Time a public connection may stay open in all, unless it became a WebSocket.
pub const PUBLIC_CONNECTION_TIME_MAX: Duration = Duration::from_secs(600);

/// Reads from one connection before others have their turn.
pub const STREAM_READS_PER_TURN: u8 = 8;

/// Time for an answer to an offer of WebRTC. Then the server counts as full.
pub const OFFER_TIME_MAX: Duration = Duration::from_secs(5);

/// Files of the page at the most. More fail the start.
pub const WEB_FILES_MAX: usize = 512;

/// Bytes of the page's files at the most; they are kept in memory. More fail the start.
pub const WEB_BYTES_MAX: u64 = 64 * 1_024 * 1_024;

/// Folders within folders of the page at the most. Deeper ones fail the start.
pub const WEB_DEPTH_MAX: usize = 4;

/// Pause of an HTTP listener that cannot accept, for lack of open files most likely.
pub const HTTP_ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Bytes of an HTTP request's body at the most. A longer one is refused with 413.
pub const HTTP_BODY_BYTES_MAX: usize = 16 * 1_024;

/// Commands that wait for the network thread at the most. One beyond is dropped: the ones before it
/// end the server anyway.
pub const COMMANDS_WAITING_MAX: usize = 4;

/// Bytes of the configuration file at the most. A longer one is refused.
pub const CONFIG_BYTES_MAX: u64 = 256 * 1_024;

/// Bytes of one room's unsent packets at the most. A packet beyond is dropped and counted.
pub const OUTBOX_BYTES_MAX: usize = 8 * 1_024 * 1_024;

/// Input packets of one link for each tick of its room. More are dropped, not decoded.
pub const INPUT_PACKETS_PER_TICK: u32 = 2;

/// Input packets of one link at once, so that what a network held back for a second is taken.
pub const INPUT_PACKETS_BURST: u32 = 240;

/// Bytes of input packets of one link a second. More are dropped, not decoded.
pub const INPUT_BYTES_PER_SECOND: u32 = 64 * 1_024;

/// How many times the allowed rate a link may try for [`FLOOD_TIME_MAX`] before it is closed.
pub const FLOOD_FACTOR: u32 = 4;

/// How long a link may try to flood.
pub const FLOOD_TIME_MAX: Duration = Duration::from_secs(10);

/// Ordered packets of one link a second. More close the link.
pub const ORDERED_PACKETS_PER_SECOND: u32 = 30;

/// Ordered packets of one link at once. More close the link.
pub const ORDERED_PACKETS_BURST: u32 = 120;

const _: () = assert!(
    tickwire_shared::limits::TALK_PACE_PER_SECOND < ORDERED_PACKETS_PER_SECOND
        && tickwire_shared::limits::TALK_PACE_BURST < ORDERED_PACKETS_BURST,
    "a client that catches up must have room for what its player says"
);

/// Silence on a live link until its session waits for a new one.
pub const SILENCE_TIME_MAX: Duration = Duration::from_secs(5);

/// Silence on a live link whose player said to be away, unless configured otherwise. Then its
/// session waits for a new link, as after [`SILENCE_TIME_MAX`].
pub const AWAY_TIME_MAX: Duration = Duration::from_secs(300);

/// How long a seat's client may ack nothing new. Then it is sent [`SLOW_PACKETS_PER_SECOND`], until
/// it acks something.
pub const ACKLESS_TIME_MAX: Duration = Duration::from_secs(3);

/// Snapshot packets a second to a seat whose client is away or does not ack.
pub const SLOW_PACKETS_PER_SECOND: u16 = 1;

/// How long a session outlives its link, unless configured otherwise. Then its seat is free.
pub const SESSION_GRACE: Duration = Duration::from_secs(30);

/// How long a room without anybody goes on. Then it ends.
pub const ROOM_EMPTY_TIME_MAX: Duration = Duration::from_secs(60);
