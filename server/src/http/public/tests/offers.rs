//! Offers of WebRTC, answered by the test itself.

use super::*;
use crate::limits::HTTP_BODY_BYTES_MAX;
use crate::transport::OfferError;

fn offer(headers: &str, body: &[u8]) -> Vec<u8> {
    let headers = format!(
        "Content-Type: application/sdp\r\nContent-Length: {}\r\n{headers}",
        body.len()
    );
    [head("POST", "/webrtc", &headers), body.to_vec()].concat()
}

/// Sends an offer and answers it.
async fn exchange(bench: &mut Bench, reply: Result<String, OfferError>) -> String {
    let request = offer("", b"v=0\r\n");
    let asking = send(bench.address, &request);
    let answering = async {
        let request = bench.offers.recv().await.unwrap();
        assert_eq!(request.offer, "v=0\r\n");
        assert!(request.at.is_loopback() && request.from.is_loopback());
        request.reply.send(reply).unwrap();
    };
    tokio::join!(asking, answering).0
}

#[test]
fn an_offer_gets_its_answer_or_a_reason() {
    on_network_thread(Setup::default(), |mut bench| async move {
        let answer = exchange(&mut bench, Ok("v=0 answer".to_owned())).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.contains("content-type: application/sdp\r\n"));
        assert_eq!(body(&answer), "v=0 answer");
        for (error, status, words) in [
            (OfferError::Bad("no ufrag".to_owned()), 400, "no ufrag"),
            (OfferError::TooMany, 429, "this address"),
            (OfferError::Full, 503, "no free place"),
        ] {
            let answer = exchange(&mut bench, Err(error)).await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status} ")),
                "{answer}"
            );
            assert!(body(&answer).contains(words), "{answer}");
        }
    });
}

#[test]
fn what_is_too_long_or_no_text_reaches_nobody() {
    on_network_thread(Setup::default(), |mut bench| async move {
        let long = vec![b'x'; HTTP_BODY_BYTES_MAX + 1];
        let answer = bench.send(&offer("", &long)).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        let chunk = format!("{:x}\r\n{}\r\n", 1_000, "x".repeat(1_000));
        let chunks = chunk.repeat(HTTP_BODY_BYTES_MAX / 1_000 + 1) + "0\r\n\r\n";
        let chunked = [
            head("POST", "/webrtc", "Transfer-Encoding: chunked\r\n"),
            chunks.into_bytes(),
        ];
        let answer = bench.send(&chunked.concat()).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        let answer = bench.send(&offer("", b"\xFF\xFE")).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert_eq!(bench.rejected(Rejection::TooLong), 2);
        assert!(bench.offers.try_recv().is_err());
        // The longest that may be does reach somebody.
        let request = offer("", &long[1..]);
        // Dropping the reply counts as a server that is full.
        let taking = async { bench.offers.recv().await.unwrap().offer.len() };
        let (answer, taken) = tokio::join!(send(bench.address, &request), taking);
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        assert_eq!(taken, HTTP_BODY_BYTES_MAX);
    });
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    on_network_thread(Setup::default(), |mut bench| async move {
        let started = head("POST", "/webrtc", "Content-Length: 100\r\n");
        let answer = bench.send(&[started, b"v=0".to_vec()].concat()).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert_eq!(bench.rejected(Rejection::Slow), 1);
        assert!(bench.offers.try_recv().is_err());
    });
}

#[test]
fn offers_beyond_the_queue_are_refused_at_once() {
    on_network_thread(Setup::default(), |bench| async move {
        let request = offer("", b"v=0\r\n");
        let waiting = send(bench.address, &request);
        let refused = async {
            // The first takes the only place in the queue of this bench.
            while bench.offers.is_empty() {
                tokio::task::yield_now().await;
            }
            send(bench.address, &request).await
        };
        tokio::select! {
            answer = refused => assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}"),
            answer = waiting => panic!("nobody answers: {answer}"),
        }
    });
}

#[test]
fn bodies_that_do_not_come_keep_nobody_out() {
    let setup = Setup {
        connections_max: Some(4),
        ..Setup::default()
    };
    on_network_thread(setup, |bench| async move {
        let mut slow = Vec::new();
        for _ in 0..6 {
            let mut stream = TcpStream::connect(bench.address).await.unwrap();
            let started = head("POST", "/webrtc", "Content-Length: 100\r\n");
            stream.write_all(&started).await.unwrap();
            slow.push(stream);
        }
        for _ in 0..3 {
            let answer = bench.ask("GET", "/rooms", "").await;
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        }
        assert!(bench.rejected(Rejection::Full) >= 3);
    });
}
