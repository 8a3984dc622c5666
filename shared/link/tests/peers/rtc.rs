//! A WebRTC peer that echoes: str0m, ICE-lite and passive, as servers are.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use str0m::change::SdpOffer;
use str0m::channel::{ChannelConfig, ChannelData, ChannelId, Reliability};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc};
use tokio::net::UdpSocket;

/// Answers an offer and echoes; `None` for an offer that is none.
pub async fn start(offer: &str) -> Option<String> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let provider = str0m::crypto::from_feature_flags();
    let mut rtc = Rtc::builder()
        .set_crypto_provider(std::sync::Arc::new(provider))
        .set_ice_lite(true)
        .clear_codecs()
        .build(Instant::now());
    let candidate = Candidate::host(socket.local_addr().unwrap(), "udp").unwrap();
    rtc.add_local_candidate(candidate).unwrap();
    let offer = SdpOffer::from_sdp_string(offer).ok()?;
    let answer = rtc.sdp_api().accept_offer(offer).ok()?.to_sdp_string();
    assert!(answer.contains("setup:passive"), "{answer}");
    let mut direct = rtc.direct_api();
    let unreliable = direct.create_data_channel(ChannelConfig {
        label: "unreliable".to_owned(),
        ordered: false,
        reliability: Reliability::MaxRetransmits { retransmits: 0 },
        negotiated: Some(0),
        ..ChannelConfig::default()
    });
    direct.create_data_channel(ChannelConfig {
        label: "ordered".to_owned(),
        negotiated: Some(1),
        ..ChannelConfig::default()
    });
    tokio::spawn(run(rtc, socket, unreliable));
    Some(answer)
}

async fn run(mut rtc: Rtc, socket: UdpSocket, unreliable: ChannelId) {
    let destination = socket.local_addr().unwrap();
    let mut buffer = vec![0; 2_000];
    while rtc.is_alive() {
        let wake = match rtc.poll_output().unwrap() {
            Output::Transmit(packet) => {
                let _ = socket.send_to(&packet.contents, packet.destination).await;
                continue;
            }
            Output::Event(Event::ChannelData(data)) => {
                echo(&mut rtc, unreliable, &data);
                continue;
            }
            Output::Event(_) => continue,
            Output::Timeout(wake) => wake,
        };
        let wait = wake.saturating_duration_since(Instant::now());
        let wait = wait.max(Duration::from_micros(1));
        let input = match tokio::time::timeout(wait, socket.recv_from(&mut buffer)).await {
            Ok(Ok((length, source))) => {
                let Ok(contents) = buffer[..length].try_into() else {
                    continue;
                };
                let receive = Receive {
                    proto: Protocol::Udp,
                    source,
                    destination,
                    contents,
                };
                Input::Receive(Instant::now(), receive)
            }
            Ok(Err(_)) | Err(_) => Input::Timeout(Instant::now()),
        };
        let _ = rtc.handle_input(input);
    }
}

fn echo(rtc: &mut Rtc, unreliable: ChannelId, data: &ChannelData) {
    let is_last = data.id != unreliable && data.data == b"close";
    let text = format!("close {} {}", super::REASON, super::WORDS);
    let (binary, bytes) = match is_last {
        true => (false, text.as_bytes()),
        false => (true, &data.data[..]),
    };
    // A client's own goodbye is a text and asks for no answer.
    if let Some(mut channel) = rtc.channel(data.id).filter(|_| data.binary) {
        channel.write(binary, bytes).unwrap();
    }
}
