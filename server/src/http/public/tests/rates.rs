//! Clients that ask without end.

use super::*;
use crate::limits::HTTP_REQUESTS_BURST_SECONDS;

/// Asks until it is refused, `offered` times at the most. What the refusal was.
async fn ask_without_end(bench: &Bench, offered: u32) -> Option<String> {
    for _ in 0..offered {
        let answer = bench.ask("GET", "/rooms", "").await;
        if !answer.starts_with("HTTP/1.1 200 ") {
            return Some(answer);
        }
    }
    None
}

#[test]
fn an_address_that_asks_without_end_is_told_to_wait() {
    let strict = Setup {
        rates: Some(RequestRates::for_loopback_too(1)),
        ..Setup::default()
    };
    on_network_thread(strict, |bench| async move {
        let refused = ask_without_end(&bench, 10_000).await.expect("a refusal");
        for part in [
            "HTTP/1.1 429 ",
            "retry-after: 1\r\n",
            "connection: close\r\n",
        ] {
            assert!(refused.contains(part), "{part} in {refused}");
        }
        assert!(body(&refused).contains("wait a second"));
        let passed = bench.metrics.http.of_class(2).get();
        assert!(passed >= u64::from(HTTP_REQUESTS_BURST_SECONDS), "{passed}");
        assert_eq!(bench.rejected(Rejection::Rate), 1);
    });
    // It is the count of requests that does it: who is exempt may ask on.
    on_network_thread(Setup::default(), |bench| async move {
        let offered = 20 * HTTP_REQUESTS_BURST_SECONDS;
        assert_eq!(ask_without_end(&bench, offered).await, None);
    });
}
