//! The same transport against clients of WebTransport: another stack's HTTP/3 on top of quinn.

use tickwire_shared::limits::PACKET_BYTES_MAX;
use url::Url;
use web_transport_quinn::http::{HeaderValue, StatusCode, header};
use web_transport_quinn::proto::{ConnectError as ProtocolError, ConnectRequest, error_from_http3};
use web_transport_quinn::{ClientError, ConnectError, SessionError, WebTransportError};

use super::*;
use crate::transport::origin::HOSTILE;
use crate::transport::tls::ALPN_HTTP3;

/// The name under which the tests' server is asked for a session: that of the hostile origins.
const AUTHORITY: &str = "play.example.org:7777";

fn request(path: &str) -> ConnectRequest {
    let url = format!("https://{AUTHORITY}{path}").parse::<Url>().unwrap();
    ConnectRequest::new(url)
}

fn request_from(origin: &str) -> ConnectRequest {
    // Browsers send no other bytes; a hostile client may send these.
    let value = HeaderValue::from_str(origin).unwrap();
    request("/wt").with_header(header::ORIGIN, value)
}

impl Bench {
    /// A QUIC connection on which HTTP/3 may be spoken.
    async fn dial_http3(&self) -> Connection {
        let client = client(self.trusted.clone(), &[ALPN_HTTP3]);
        let dialing = client.connect(self.quic.address(), "localhost").unwrap();
        within(dialing).await.unwrap()
    }

    async fn ask(&self, request: ConnectRequest) -> Result<Session, ClientError> {
        within(Session::connect(self.dial_http3().await, request)).await
    }

    /// A link that is open on both sides, with its Ordered stream.
    async fn open_session(&mut self) -> (Session, SendStream, RecvStream) {
        let session = self.ask(request("/wt")).await.unwrap();
        let (mut send, receive) = session.open_bi().await.unwrap();
        send.write_all(&[2, 0, 10, 11]).await.unwrap();
        let opened = Seen::Opened(FIRST, Transport::WebTransport);
        assert_eq!(self.next().await, opened);
        let hello = Seen::Received(FIRST, Lane::Ordered, vec![10, 11]);
        assert_eq!(self.next().await, hello);
        (session, send, receive)
    }

    /// Waits until no connection is left: whatever was kept of a client is gone with it.
    async fn forgets_everybody(&self) {
        within(self.quic.endpoint.wait_idle()).await;
        assert!(self.links.is_empty());
        assert_eq!(self.metrics.links.open.total(), 0);
    }

    /// So many attempts came to nothing, all of them counted under what they asked for.
    fn assert_failed(&self, count: u64) {
        let failed = |transport| self.metrics.links.failed.of(transport).get();
        assert_eq!(failed(Transport::WebTransport), count);
        assert_eq!(failed(Transport::Quic), 0);
    }
}

/// The number and the words of the session's close.
async fn told_session(session: &Session) -> (u32, String) {
    match within(session.closed()).await {
        SessionError::WebTransportError(WebTransportError::Closed(code, text)) => (code, text),
        other => panic!("closed by {other}"),
    }
}

/// The number of a close that came before there was a session.
async fn told_http3(connection: &Connection) -> Option<u32> {
    match within(connection.closed()).await {
        ConnectionError::ApplicationClosed(closed) => {
            error_from_http3(closed.error_code.into_inner())
        }
        other => panic!("closed by {other}"),
    }
}

#[test]
fn both_lanes_carry_packets_both_ways() {
    on_network_thread(|mut bench| async move {
        let (session, _send, mut receive) = bench.open_session().await;
        let longest = vec![7; PACKET_BYTES_MAX];
        session.send_datagram(longest.clone().into()).unwrap();
        let input = Seen::Received(FIRST, Lane::Input, longest.clone());
        assert_eq!(bench.next().await, input);

        let room = bench.links.packet_bytes_max(FIRST).unwrap();
        assert_eq!(room, PACKET_BYTES_MAX);
        bench.links.begin_round();
        bench.links.send(FIRST, Lane::Snapshot, &longest);
        let datagram = within(session.read_datagram()).await.unwrap();
        assert_eq!(datagram, longest);
        bench.links.send(FIRST, Lane::Ordered, &[6]);
        bench.links.send(FIRST, Lane::Ordered, &[7, 8]);
        let mut frames = [0; 7];
        within(receive.read_exact(&mut frames)).await.unwrap();
        assert_eq!(frames, [1, 0, 6, 2, 0, 7, 8]);
        assert_eq!(bench.metrics.links.open.total(), 1);
    });
}

#[test]
fn the_client_says_why_it_leaves() {
    for (code, reason) in [(0, CloseReason::Bye), (16, CloseReason::Draining)] {
        on_network_thread(|mut bench| async move {
            let (session, _send, _receive) = bench.open_session().await;
            session.close(code, b"on its way");
            assert_eq!(bench.next().await, Seen::Closed(FIRST, reason));
            bench.forgets_everybody().await;
        });
    }
}

#[test]
fn a_close_delivers_what_was_sent_before_and_says_why() {
    on_network_thread(|mut bench| async move {
        let (session, _send, mut receive) = bench.open_session().await;
        let last = vec![9; 10_000];
        bench.links.send(FIRST, Lane::Ordered, &last);
        let (reason, words) = (CloseReason::RoomFull, "no seat in lobby");
        bench.links.close(FIRST, reason, words);
        let read = within(receive.read_to_end(20_000)).await.unwrap();
        assert_eq!(read.len(), 2 + last.len());
        let told = told_session(&session).await;
        assert_eq!(told, (reason.number(), words.to_owned()));
        bench.forgets_everybody().await;
        assert!(bench.seen.try_recv().is_err());
    });
}

/// One client that breaks a rule: what the server reports and what the client is told.
fn check_violation(reason: CloseReason, act: impl AsyncFnOnce(&Session, &mut SendStream)) {
    on_network_thread(|mut bench| async move {
        let (session, mut send, _receive) = bench.open_session().await;
        act(&session, &mut send).await;
        assert_eq!(bench.next().await, Seen::Closed(FIRST, reason));
        assert_eq!(told_session(&session).await.0, reason.number());
        bench.forgets_everybody().await;
        assert!(bench.seen.try_recv().is_err(), "it was heard after its end");
    });
}

#[test]
fn an_oversize_frame_ends_the_link() {
    let length = (ORDERED_BYTES_MAX as u16 + 1).to_le_bytes();
    check_violation(CloseReason::Oversize, async |_, send| {
        send.write_all(&length).await.unwrap();
    });
}

#[test]
fn half_a_frame_ends_the_link() {
    check_violation(CloseReason::Malformed, async |_, send| {
        send.write_all(&[5, 0, 1]).await.unwrap();
        send.finish().unwrap();
    });
}

#[test]
fn a_second_stream_ends_the_link() {
    check_violation(CloseReason::OutOfPhase, async |session, _| {
        let (mut second, _receive) = session.open_bi().await.unwrap();
        second.write_all(&[1]).await.unwrap();
    });
}

#[test]
fn a_one_way_stream_ends_the_link() {
    check_violation(CloseReason::OutOfPhase, async |session, _| {
        let mut second = session.open_uni().await.unwrap();
        second.write_all(&[1]).await.unwrap();
    });
}

#[test]
fn an_oversize_datagram_ends_the_link() {
    check_violation(CloseReason::Oversize, async |session, _| {
        // What comes behind it, on either lane, is not heard any more.
        session.send_datagram(vec![0; 1_130].into()).unwrap();
        session.send_datagram(vec![1].into()).unwrap();
    });
}

#[test]
fn a_datagram_of_another_session_ends_the_link() {
    check_violation(CloseReason::Malformed, async |session, _| {
        let connection: &Connection = session;
        connection.send_datagram(vec![9, 1, 2].into()).unwrap();
    });
}

#[test]
fn a_client_that_does_not_read_loses_its_link() {
    on_network_thread(|mut bench| async move {
        let (session, _send, _receive) = bench.open_session().await;
        let packet = vec![1; ORDERED_BYTES_MAX];
        for _ in 0..8 * ORDERED_QUEUE_BYTES_MAX / ORDERED_BYTES_MAX {
            bench.links.send(FIRST, Lane::Ordered, &packet);
            tokio::task::yield_now().await;
        }
        let closed = Seen::Closed(FIRST, CloseReason::SlowConsumer);
        assert_eq!(bench.next().await, closed);
        let told = told_session(&session).await.0;
        assert_eq!(told, CloseReason::SlowConsumer.number());
        bench.forgets_everybody().await;
    });
}

/// The status of a request that was refused.
async fn refused(bench: &Bench, request: ConnectRequest) -> Option<StatusCode> {
    match bench.ask(request).await {
        Err(ClientError::HttpError(ConnectError::ProtoError(ProtocolError::WrongStatus(
            status,
        )))) => status,
        Err(other) => panic!("refused by {other}"),
        Ok(_) => None,
    }
}

#[test]
fn another_path_is_not_there() {
    on_network_thread(|mut bench| async move {
        for path in ["/", "/wt/", "/WT", "/wt/../admin", "/ws"] {
            let status = refused(&bench, request(path)).await;
            assert_eq!(status, Some(StatusCode::NOT_FOUND), "{path}");
        }
        bench.forgets_everybody().await;
        assert!(bench.seen.try_recv().is_err());
        bench.assert_failed(5);
    });
}

#[test]
fn hostile_pages_get_no_session_and_leave_nothing_behind() {
    on_network_thread(|mut bench| async move {
        // An HTTP header cannot hold other letters than those of ASCII.
        let hostile = HOSTILE.iter().filter(|(origin, _)| origin.is_ascii());
        let mut count = 0;
        for (origin, why) in hostile {
            let status = refused(&bench, request_from(origin)).await;
            assert_eq!(status, Some(StatusCode::FORBIDDEN), "{origin}: {why}");
            count += 1;
        }
        assert!(count >= 12);
        bench.forgets_everybody().await;
        assert!(bench.seen.try_recv().is_err());
        bench.assert_failed(count);
    });
}

#[test]
fn the_own_page_and_a_named_one_get_a_session() {
    let foreign = "https://evil.example";
    for (named, origin) in [
        (None, "https://play.example.org:7777"),
        // The rule is what keeps it out: named, the same page gets in.
        (Some(foreign), foreign),
    ] {
        let named = named.map(|text| text.parse::<Origin>().unwrap());
        run_on_network_thread(named.into_iter().collect(), |bench| async move {
            assert_eq!(refused(&bench, request_from(origin)).await, None);
        });
    }
}

#[test]
fn a_client_that_stops_on_its_way_is_sent_away_in_time() {
    on_network_thread(|mut bench| async move {
        let late = Some(CloseReason::HandshakeTimeout.number());
        let silent = bench.dial_http3().await;
        let settled = bench.dial_http3().await;
        let mut control = settled.open_uni().await.unwrap();
        let mut settings = Vec::new();
        let mut enabled = web_transport_quinn::proto::Settings::default();
        enabled.enable_webtransport(1);
        enabled.encode(&mut settings);
        control.write_all(&settings).await.unwrap();
        let idle = bench.ask(request("/wt")).await.unwrap();

        assert_eq!(told_http3(&silent).await, late);
        assert_eq!(told_http3(&settled).await, late);
        assert_eq!(Some(told_session(&idle).await.0), late);
        bench.forgets_everybody().await;
        assert!(bench.seen.try_recv().is_err());
        bench.assert_failed(3);
    });
}

#[test]
fn nonsense_instead_of_http3_is_told_so() {
    on_network_thread(|bench| async move {
        let connection = bench.dial_http3().await;
        let mut control = connection.open_uni().await.unwrap();
        control.write_all(&[0, 4, 0x3F]).await.unwrap();
        control.finish().unwrap();
        let malformed = Some(CloseReason::Malformed.number());
        assert_eq!(told_http3(&connection).await, malformed);
        bench.forgets_everybody().await;
    });
}
