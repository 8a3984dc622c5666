//! Our transports, driven as the server's hub drives them.
//!
//! Never lets a lobby or a room into the figures: what arrives is counted and dropped.

use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, mpsc as std_mpsc};
use std::thread;

use tickwire_server::engine::Outbox;
use tickwire_server::engine::port::RoomCounts;
use tickwire_server::metrics::Metrics;
use tickwire_server::runtime::Outlet;
use tickwire_server::runtime::clock::WallTime;
use tickwire_server::transport::origin::OriginRule;
use tickwire_server::transport::quic::{Quic, QuicOptions, ResetKey};
use tickwire_server::transport::seats::Seats;
use tickwire_server::transport::socket::Sabotage;
use tickwire_server::transport::tls::Certificates;
use tickwire_server::transport::webrtc::{WebRtc, WebRtcOptions};
use tickwire_server::transport::{LinkSink, Links, OfferRequest};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{Lane, LinkId, Tick};
use tickwire_shared::transport::Transport;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::spawn_local;

use crate::subject::{Ask, Counts, DOWN_BYTES, Subject};

/// Counts what links report and keeps the list of those that are open.
struct Sink {
    counts: Arc<Counts>,
    open: Arc<Mutex<Vec<LinkId>>>,
}

impl LinkSink for Sink {
    fn opened(&self, link: LinkId, _: Transport, _: SocketAddr) {
        self.open.lock().expect("no holder panics").push(link);
        self.counts.open.fetch_add(1, Ordering::Relaxed);
    }

    fn received(&self, _: LinkId, lane: Lane, bytes: &[u8]) {
        if lane == Lane::Input && !bytes.is_empty() {
            self.counts.received.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn closed(&self, link: LinkId, _: CloseReason) {
        let mut open = self.open.lock().expect("no holder panics");
        open.retain(|&one| one != link);
        self.counts.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Starts the server's transports on a thread of their own.
pub fn start() -> Result<Subject, String> {
    let counts = Arc::new(Counts::default());
    let open = Arc::new(Mutex::new(Vec::new()));
    let (outlet, wake) = (Outlet::<Outbox>::default(), Arc::new(Notify::new()));
    let (asks, inbox) = mpsc::unbounded_channel();
    let (tell, told) = std_mpsc::channel();
    let sink = Sink {
        counts: Arc::clone(&counts),
        open: Arc::clone(&open),
    };
    let (their_outlet, their_wake) = (outlet.clone(), Arc::clone(&wake));
    let thread = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.expect("a runtime starts");
        let tasks = tokio::task::LocalSet::new();
        tasks.block_on(&runtime, serve(sink, their_outlet, their_wake, inbox, tell));
    });
    let address = told
        .recv()
        .map_err(|_| "the network thread ended".to_owned())??;
    let tick = ticker(open, outlet, wake);
    Ok(Subject {
        address,
        counts,
        asks,
        tick,
        thread,
    })
}

/// The settings of our QUIC; those of a connection hold for the bare rival too.
pub fn options() -> Result<QuicOptions, String> {
    Ok(QuicOptions {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        certificates: Certificates::development(&[], WallTime::now())?,
        origins: OriginRule::new(Vec::new()),
        transports: Transport::ALL.to_vec(),
        reset_key: ResetKey([7; 64]),
        seats: Seats::new(usize::MAX),
        sabotage: Sabotage::None,
    })
}

/// One batch a tick, as a room writes it.
fn ticker(
    open: Arc<Mutex<Vec<LinkId>>>,
    outlet: Outlet<Outbox>,
    wake: Arc<Notify>,
) -> Box<dyn FnMut() + Send> {
    let (mut outbox, mut tick) = (Outbox::default(), Tick::ZERO);
    Box::new(move || {
        tick = tick.next();
        for &link in open.lock().expect("no holder panics").iter() {
            outbox.push(link, Lane::Snapshot, &[7; DOWN_BYTES]);
        }
        outbox.begin(tick, RoomCounts::default());
        if outlet.put(&mut outbox) {
            wake.notify_one();
        }
    })
}

async fn serve(
    sink: Sink,
    outlet: Outlet<Outbox>,
    wake: Arc<Notify>,
    mut inbox: mpsc::UnboundedReceiver<Ask>,
    tell: std_mpsc::Sender<Result<SocketAddr, String>>,
) {
    let counts = Arc::clone(&sink.counts);
    let links = Rc::new(Links::default());
    let metrics = Arc::new(Metrics::default());
    let (quic, webrtc) = match open(Rc::clone(&links), Rc::new(sink), Arc::clone(&metrics)) {
        Ok(transports) => transports,
        Err(sentence) => {
            let _ = tell.send(Err(sentence));
            return;
        }
    };
    let _ = tell.send(Ok(quic.address()));
    loop {
        tokio::select! {
            () = wake.notified() => forward(&links, &outlet, &counts, &metrics),
            ask = inbox.recv() => match ask {
                Some(Ask::Mark(reply)) => {
                    let _ = reply.send(counts.mark());
                }
                Some(Ask::Answer(offer, reply)) => {
                    spawn_local(answer(webrtc.offers(), offer, reply));
                }
                Some(Ask::Stop) | None => break,
            },
        }
    }
    webrtc.stop(CloseReason::Draining).await;
    quic.stop(CloseReason::Draining).await;
}

/// QUIC and WebRTC on one socket, as in the server.
fn open(
    links: Rc<Links>,
    sink: Rc<dyn LinkSink>,
    metrics: Arc<Metrics>,
) -> Result<(Quic, WebRtc), String> {
    let quic = Quic::start(
        options()?,
        Rc::clone(&links),
        Rc::clone(&sink),
        Arc::clone(&metrics),
    )?;
    let shared = WebRtcOptions {
        socket: quic.socket(),
        public_ip: None,
        public_port: quic.address().port(),
        seats: Seats::new(usize::MAX),
        sabotage: Sabotage::None,
    };
    let webrtc = WebRtc::start(shared, links, sink, metrics)?;
    Ok((quic, webrtc))
}

/// Asks what the HTTP listener asks.
async fn answer(
    offers: mpsc::Sender<OfferRequest>,
    offer: String,
    answer: std_mpsc::Sender<Result<String, String>>,
) {
    let (reply, told) = oneshot::channel();
    let request = OfferRequest {
        offer,
        at: Ipv4Addr::LOCALHOST.into(),
        from: Ipv4Addr::LOCALHOST.into(),
        reply,
    };
    let _ = offers.send(request).await;
    let told = told.await.map_err(|_| "nobody answers".to_owned());
    let _ = answer.send(told.and_then(|told| told.map_err(|error| format!("{error:?}"))));
}

/// What the hub does with a room's batch. A packet that the link drops is not sent.
fn forward(links: &Links, outlet: &Outlet<Outbox>, counts: &Counts, metrics: &Metrics) {
    let Some(mut batch) = outlet.take() else {
        return;
    };
    links.begin_round();
    let dropped = &metrics.links.datagrams_dropped;
    let (mut handed_over, before) = (0, dropped.get());
    for (link, lane, bytes) in batch.packets() {
        links.send(link, lane, bytes);
        handed_over += 1;
    }
    let sent = handed_over + before - dropped.get();
    counts.sent.fetch_add(sent, Ordering::Relaxed);
    batch.clear();
    outlet.give_back(batch);
}
