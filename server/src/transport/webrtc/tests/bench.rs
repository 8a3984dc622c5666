//! A server of two transports on one socket, and what its receiver of packets saw.

use std::future::Future;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::native::{NativePeer, Options};
use super::*;
use crate::runtime::clock::WallTime;
use crate::transport::origin::OriginRule;
use crate::transport::quic::{Quic, QuicOptions, ResetKey};
use crate::transport::tls::Certificates;

#[derive(Debug, PartialEq)]
pub(super) enum Seen {
    Opened(LinkId),
    Received(LinkId, Lane, Vec<u8>),
    Closed(LinkId, CloseReason),
}

struct Recorder(UnboundedSender<Seen>);

impl LinkSink for Recorder {
    fn opened(&self, link: LinkId, transport: Transport, from: SocketAddr) {
        assert_eq!(transport, Transport::WebRtc);
        assert_eq!(from.ip(), Ipv4Addr::LOCALHOST);
        let _ = self.0.send(Seen::Opened(link));
    }

    fn received(&self, link: LinkId, lane: Lane, bytes: &[u8]) {
        let _ = self.0.send(Seen::Received(link, lane, bytes.to_vec()));
    }

    fn closed(&self, link: LinkId, reason: CloseReason) {
        let _ = self.0.send(Seen::Closed(link, reason));
    }
}

pub(super) const FIRST: LinkId = LinkId(1);

pub(super) struct Bench {
    pub(super) quic: Quic,
    pub(super) webrtc: WebRtc,
    pub(super) links: Rc<Links>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) seen: UnboundedReceiver<Seen>,
}

impl Bench {
    pub(super) fn start(listen: &str, sabotage: Sabotage) -> Bench {
        let (sender, seen) = unbounded_channel();
        let (links, metrics) = (Rc::new(Links::default()), Arc::new(Metrics::default()));
        let sink: Rc<dyn LinkSink> = Rc::new(Recorder(sender));
        let options = QuicOptions {
            listen: listen.parse().unwrap(),
            certificates: Certificates::development(&[], WallTime::now()).unwrap(),
            origins: OriginRule::new(Vec::new()),
            transports: Transport::ALL.to_vec(),
            reset_key: ResetKey([7; 64]),
            seats: Seats::new(1_000),
            sabotage: Sabotage::None,
        };
        let quic = Quic::start(
            options,
            Rc::clone(&links),
            Rc::clone(&sink),
            Arc::clone(&metrics),
        )
        .unwrap();
        let options = WebRtcOptions {
            socket: quic.socket(),
            public_ip: None,
            public_port: quic.address().port(),
            seats: Seats::new(2),
            sabotage,
        };
        let webrtc = WebRtc::start(options, Rc::clone(&links), sink, Arc::clone(&metrics));
        Bench {
            quic,
            webrtc: webrtc.unwrap(),
            links,
            metrics,
            seen,
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.quic.address().port()
    }

    /// Posts an offer as the HTTP listener does, from loopback.
    pub(super) async fn answer(&self, offer: &str) -> Result<String, OfferError> {
        self.answer_to(offer, Ipv4Addr::LOCALHOST.into()).await
    }

    pub(super) async fn answer_to(&self, offer: &str, from: IpAddr) -> Result<String, OfferError> {
        let (reply, answer) = oneshot::channel();
        let request = OfferRequest {
            offer: offer.to_owned(),
            at: Ipv4Addr::LOCALHOST.into(),
            from,
            reply,
        };
        self.webrtc.offers().send(request).await.unwrap();
        within(answer).await.unwrap()
    }

    /// A client whose offer was answered; its channels open by and by.
    pub(super) async fn dial(&self, options: Options) -> NativePeer {
        let peer = NativePeer::new(options).await;
        let answer = self.answer(&peer.offer().await).await.unwrap();
        peer.accept(answer).await;
        peer
    }

    /// A client whose channels are open on both sides: the first of this bench.
    pub(super) async fn open(&mut self) -> NativePeer {
        let mut peer = self.dial(Options::default()).await;
        assert_eq!(self.next().await, Seen::Opened(FIRST));
        within(peer.opened()).await;
        peer
    }

    pub(super) async fn next(&mut self) -> Seen {
        within(self.seen.recv()).await.unwrap()
    }
}

pub(super) async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), future)
        .await
        .expect("nothing happened for 20 s")
}

/// Runs a test the way the network thread runs.
pub(super) fn on_network_thread(test: impl AsyncFnOnce(Bench)) {
    on_network_thread_at("127.0.0.1:0", Sabotage::None, test);
}

pub(super) fn on_network_thread_at(
    listen: &str,
    sabotage: Sabotage,
    test: impl AsyncFnOnce(Bench),
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        test(Bench::start(listen, sabotage)).await
    });
}
