//! Answers that take a client long to read.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpSocket;

use super::sockets::{secured, speak_tls};
use super::*;

/// Bytes of an answer: more than the kernel takes in for a client that does not read.
const LONG: usize = 32 << 20;

impl Bench {
    /// A client whose kernel takes in little.
    async fn connect_narrow(&self) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(64 * 1_024).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    fn set_long_list(&self) {
        self.rooms.set_rooms(vec![RoomRow {
            id: 1,
            name: "x".repeat(LONG),
            sessions: 2,
            seats: 128,
            figures: Arc::default(),
        }]);
    }

    /// Clients come and go while one has begun to read a long answer; then it reads on.
    async fn check_download(&self, mut slow: impl AsyncRead + AsyncWrite + Unpin) {
        slow.write_all(&head("GET", "/rooms", "")).await.unwrap();
        let mut start = [0; 15];
        slow.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, b"HTTP/1.1 200 OK");
        // The other place goes from one silent client to the next; the download keeps its own.
        let mut silent = Vec::new();
        while self.rejected(Rejection::Full) < 8 {
            silent.push(TcpStream::connect(self.address).await.unwrap());
            tokio::task::yield_now().await;
        }
        let mut rest = Vec::new();
        let reading = slow.read_to_end(&mut rest);
        let _ = timeout(Duration::from_secs(60), reading).await.unwrap();
        assert!(rest.len() > LONG, "cut off after {} bytes", rest.len());
    }
}

#[test]
fn a_download_is_not_cut_short_by_those_who_come_meanwhile() {
    let setup = Setup {
        connections_max: Some(2),
        ..Setup::default()
    };
    on_network_thread(setup, |bench| async move {
        bench.set_long_list();
        let slow = bench.connect_narrow().await;
        bench.check_download(slow).await;
    });
}

#[test]
fn nor_is_one_under_tls() {
    let (setup, certificate) = secured();
    let setup = Setup {
        connections_max: Some(2),
        ..setup
    };
    on_network_thread(setup, |bench| async move {
        bench.set_long_list();
        let narrow = bench.connect_narrow().await;
        let slow = speak_tls(narrow, certificate, &[b"http/1.1"]).await;
        bench.check_download(slow.unwrap()).await;
    });
}
