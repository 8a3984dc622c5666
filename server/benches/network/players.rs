//! The process of the players, seen from the one that measures.
//!
//! Never speaks to a server: it starts the process and asks it for its counts.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::load::ROLE;
use crate::subject::Kind;

/// What the players have sent and received so far.
#[derive(Clone, Copy, Debug)]
pub struct Carried {
    pub sent: u64,
    pub received: u64,
}

/// The process.
pub struct Players {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Players {
    /// Starts so many players who dial `address`.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn start(kind: Kind, address: SocketAddr, count: usize) -> Result<Players, String> {
        let cannot = |error: std::io::Error| format!("the players cannot be started: {error}");
        let program = std::env::current_exe().map_err(cannot)?;
        let mut child = Command::new(program)
            .args([ROLE, kind.transport(), &address.to_string()])
            .args([&count.to_string(), &kind.rate().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(cannot)?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (Some(input), Some(output)) = (input, output) else {
            return Err("the players have no pipes".to_owned());
        };
        Ok(Players {
            child,
            input,
            output: BufReader::new(output),
        })
    }

    /// Passes the offers of so many players on, and the answers back.
    ///
    /// # Errors
    /// When their process is gone, or an offer is not answered.
    pub fn introduce(
        &mut self,
        count: usize,
        answer: impl Fn(String) -> Result<String, String>,
    ) -> Result<(), String> {
        let gone = "the players are gone".to_owned();
        for _ in 0..count {
            let mut line = String::new();
            self.output.read_line(&mut line).map_err(|_| gone.clone())?;
            let offer = serde_json::from_str(&line).map_err(|_| gone.clone())?;
            let answer = serde_json::Value::String(answer(offer)?);
            writeln!(self.input, "{answer}").map_err(|_| gone.clone())?;
        }
        Ok(())
    }

    /// Has them `play` or `rest`.
    ///
    /// # Errors
    /// When their process is gone.
    pub fn tell(&mut self, word: &str) -> Result<(), String> {
        writeln!(self.input, "{word}").map_err(|_| "the players are gone".to_owned())
    }

    /// What they carried so far.
    ///
    /// # Errors
    /// When their process is gone.
    pub fn counts(&mut self) -> Result<Carried, String> {
        let gone = "the players are gone".to_owned();
        self.tell("counts")?;
        let mut line = String::new();
        self.output.read_line(&mut line).map_err(|_| gone.clone())?;
        let mut numbers = line.split_whitespace().map(str::parse);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(sent)), Some(Ok(received))) => Ok(Carried { sent, received }),
            _ => Err(gone),
        }
    }

    /// Ends them.
    pub fn stop(mut self) {
        drop(self.input);
        let _ = self.child.wait();
    }
}
