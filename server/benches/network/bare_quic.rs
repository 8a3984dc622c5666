//! Bare quinn with the same settings, driven in the shortest way there is.
//!
//! Never checks, names or counts more than the measurement needs.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc as std_mpsc};
use std::thread;

use bytes::Bytes;
use quinn::Connection;
use socket2::{Domain, Protocol, Socket, Type};
use tickwire_server::limits::UDP_SOCKET_BUFFER_BYTES;
use tickwire_server::transport::quic::{endpoint_config, server_config};
use tokio::sync::mpsc;
use tokio::task::spawn_local;

use crate::ours::options;
use crate::subject::{Ask, Counts, DOWN_BYTES, Subject};

/// Starts an endpoint on a thread of its own.
pub fn start() -> Result<Subject, String> {
    let counts = Arc::new(Counts::default());
    let (asks, inbox) = mpsc::unbounded_channel();
    // As in ours, a batch that is not taken in time makes no queue.
    let (batches, waiting) = mpsc::channel::<Vec<Bytes>>(1);
    let (tell, told) = std_mpsc::channel();
    let theirs = Arc::clone(&counts);
    let thread = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.expect("a runtime starts");
        let tasks = tokio::task::LocalSet::new();
        tasks.block_on(&runtime, serve(theirs, waiting, inbox, tell));
    });
    let address = told
        .recv()
        .map_err(|_| "the network thread ended".to_owned())??;
    let open = Arc::clone(&counts);
    let tick = Box::new(move || {
        let players = open.open.load(Ordering::Relaxed);
        let packet = |_| Bytes::copy_from_slice(&[7; DOWN_BYTES]);
        let _ = batches.try_send((0..players).map(packet).collect());
    });
    Ok(Subject {
        address,
        counts,
        asks,
        tick,
        thread,
    })
}

async fn serve(
    counts: Arc<Counts>,
    mut batches: mpsc::Receiver<Vec<Bytes>>,
    mut inbox: mpsc::UnboundedReceiver<Ask>,
    tell: std_mpsc::Sender<Result<SocketAddr, String>>,
) {
    let (endpoint, address) = match bind() {
        Ok(bound) => bound,
        Err(sentence) => {
            let _ = tell.send(Err(sentence));
            return;
        }
    };
    let _ = tell.send(Ok(address));
    let connections = Rc::new(RefCell::new(Vec::<Connection>::new()));
    spawn_local(accept(
        endpoint.clone(),
        Rc::clone(&connections),
        Arc::clone(&counts),
    ));
    loop {
        tokio::select! {
            batch = batches.recv() => {
                let packets = batch.unwrap_or_default();
                let mut sent = 0;
                for (connection, packet) in connections.borrow().iter().zip(packets) {
                    sent += u64::from(connection.send_datagram(packet).is_ok());
                }
                counts.sent.fetch_add(sent, Ordering::Relaxed);
            }
            ask = inbox.recv() => match ask {
                Some(Ask::Mark(reply)) => {
                    let _ = reply.send(counts.mark());
                }
                Some(Ask::Answer(_, reply)) => {
                    let _ = reply.send(Err("bare quinn speaks no WebRTC".to_owned()));
                }
                Some(Ask::Stop) | None => return endpoint.close(0u8.into(), b""),
            },
        }
    }
}

/// The endpoint with our settings, on a plain socket.
fn bind() -> Result<(quinn::Endpoint, SocketAddr), String> {
    let options = options()?;
    let in_words = |error: std::io::Error| format!("bare quinn does not start: {error}");
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP)).map_err(in_words)?;
    let _ = socket.set_recv_buffer_size(UDP_SOCKET_BUFFER_BYTES);
    let _ = socket.set_send_buffer_size(UDP_SOCKET_BUFFER_BYTES);
    socket.bind(&options.listen.into()).map_err(in_words)?;
    let endpoint = quinn::Endpoint::new(
        endpoint_config(&options.reset_key),
        server_config(&options)?,
        socket.into(),
        Arc::new(quinn::TokioRuntime),
    );
    let endpoint = endpoint.map_err(in_words)?;
    let address = endpoint.local_addr().map_err(in_words)?;
    Ok((endpoint, address))
}

async fn accept(
    endpoint: quinn::Endpoint,
    connections: Rc<RefCell<Vec<Connection>>>,
    counts: Arc<Counts>,
) {
    while let Some(incoming) = endpoint.accept().await {
        let (connections, counts) = (Rc::clone(&connections), Arc::clone(&counts));
        spawn_local(async move {
            let Ok(connection) = incoming.await else {
                return;
            };
            let Ok(stream) = connection.accept_bi().await else {
                return;
            };
            connections.borrow_mut().push(connection.clone());
            counts.open.fetch_add(1, Ordering::Relaxed);
            while let Ok(datagram) = connection.read_datagram().await {
                counts
                    .received
                    .fetch_add(u64::from(!datagram.is_empty()), Ordering::Relaxed);
            }
            drop(stream);
        });
    }
}
