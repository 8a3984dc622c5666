//! The command line, parsed by hand.
//!
//! It never prints and never exits: a problem is one sentence for the caller to show.

use std::path::PathBuf;
use std::time::Duration;

/// What `cargo xtask help` prints.
pub const HELP: &str = "\
cargo xtask COMMAND

  demo [--for 20s]              server and bots on this machine, and how to join them
  test                          every check there is; the last line is `N passed, N failed`
  tidy                          only the rules about the source tree
  web [--out DIR]               build the page with the browser's client (default target/web)
  browser                       build the page and test it in a real Chromium
  openapi                       ask a real server all that the description of its HTTP interface
                                allows and does not; needs python3 and a package index
  wasm                          build for wasm32 and compare its results with the native ones
  bench [replication|network|chat] [--json FILE]
                                figures of the replication path, one JSON row a size and variant;
                                of the network thread against the bare library; or of chat, from
                                a sender to 500 receivers beside the commits of the same run
  fuzz [--runs N]               the fuzz targets, N runs each (default 300000)
  long                          the long runs: more seeds, 5000000 runs a fuzz target
  help                          this text
";

/// Benchmarks that exist, by name.
const BENCHES: [&str; 3] = ["replication", "network", "chat"];

/// One command with its options, valid by construction.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Print the help text.
    Help,
    /// Every check.
    Test,
    /// Only the rules about the source tree.
    Tidy,
    /// The fuzz targets, with the number of runs of each if one was given.
    Fuzz {
        /// Runs of each target.
        runs: Option<u64>,
    },
    /// The long runs.
    Long,
    /// The page and its tests in a real Chromium.
    Browser,
    /// The HTTP interface against its own description.
    OpenApi,
    /// The wasm builds and the comparison with native.
    Wasm,
    /// The page with the browser's client.
    Web {
        /// The folder to write.
        out: Option<PathBuf>,
    },
    /// Server and bots; ends by itself when a duration is given.
    Demo {
        /// How long the bots play.
        lasts: Option<Duration>,
    },
    /// One benchmark.
    Bench {
        /// Its name.
        name: String,
        /// Where to write its JSON rows.
        json: Option<PathBuf>,
    },
}

/// Reads the words after `cargo xtask`.
///
/// # Errors
///
/// One sentence naming the word that does not fit.
pub fn parse(words: &[String]) -> Result<Command, String> {
    let mut rest = words.iter().map(String::as_str);
    let Some(name) = rest.next() else {
        return Ok(Command::Help);
    };
    let command = match name {
        "help" | "--help" | "-h" => Command::Help,
        "test" => Command::Test,
        "tidy" => Command::Tidy,
        "long" => Command::Long,
        "browser" => Command::Browser,
        "openapi" => Command::OpenApi,
        "wasm" => Command::Wasm,
        "fuzz" => return parse_fuzz(rest),
        "demo" => return parse_demo(rest),
        "web" => return parse_web(rest),
        "bench" => return parse_bench(rest),
        other => return Err(format!("there is no command `{other}`")),
    };
    match rest.next() {
        None => Ok(command),
        Some(word) => Err(format!("`{name}` takes no `{word}`")),
    }
}

fn parse_fuzz<'a>(mut rest: impl Iterator<Item = &'a str>) -> Result<Command, String> {
    let mut runs = None;
    while let Some(word) = rest.next() {
        match word {
            "--runs" => {
                let text = value_of("--runs", &mut rest)?;
                let count = text
                    .parse()
                    .map_err(|_| format!("`{text}` is not a number of runs"))?;
                runs = Some(count);
            }
            other => return Err(format!("`fuzz` takes no `{other}`")),
        }
    }
    Ok(Command::Fuzz { runs })
}

fn parse_demo<'a>(mut rest: impl Iterator<Item = &'a str>) -> Result<Command, String> {
    let mut lasts = None;
    while let Some(word) = rest.next() {
        match word {
            "--for" => lasts = Some(parse_duration(value_of("--for", &mut rest)?)?),
            other => return Err(format!("`demo` takes no `{other}`")),
        }
    }
    Ok(Command::Demo { lasts })
}

fn parse_web<'a>(mut rest: impl Iterator<Item = &'a str>) -> Result<Command, String> {
    let mut out = None;
    while let Some(word) = rest.next() {
        match word {
            "--out" => out = Some(PathBuf::from(value_of("--out", &mut rest)?)),
            other => return Err(format!("`web` takes no `{other}`")),
        }
    }
    Ok(Command::Web { out })
}

fn parse_bench<'a>(mut rest: impl Iterator<Item = &'a str>) -> Result<Command, String> {
    let (mut name, mut json) = (BENCHES[0].to_owned(), None);
    while let Some(word) = rest.next() {
        match word {
            "--json" => json = Some(PathBuf::from(value_of("--json", &mut rest)?)),
            known if BENCHES.contains(&known) => name = known.to_owned(),
            other => {
                return Err(format!(
                    "there is no bench `{other}`; there is {}",
                    BENCHES.join(", ")
                ));
            }
        }
    }
    Ok(Command::Bench { name, json })
}

fn value_of<'a>(flag: &str, rest: &mut impl Iterator<Item = &'a str>) -> Result<&'a str, String> {
    rest.next().ok_or_else(|| format!("`{flag}` needs a value"))
}

/// Reads `20s`, `3m` or `1h`; a bare number is seconds.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let (digits, unit_seconds) = match text.as_bytes().last() {
        Some(b's') => (&text[..text.len() - 1], 1),
        Some(b'm') => (&text[..text.len() - 1], 60),
        Some(b'h') => (&text[..text.len() - 1], 3600),
        _ => (text, 1),
    };
    let seconds = digits.parse::<u32>().ok().filter(|count| *count > 0);
    seconds
        .map(|count| Duration::from_secs(u64::from(count) * unit_seconds))
        .ok_or_else(|| format!("`{text}` is not a duration such as 20s or 3m"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&words)
    }

    #[test]
    fn reads_each_command() {
        assert_eq!(parsed(""), Ok(Command::Help));
        assert_eq!(parsed("test"), Ok(Command::Test));
        assert_eq!(parsed("fuzz --runs 7"), Ok(Command::Fuzz { runs: Some(7) }));
        let lasts = Some(Duration::from_secs(120));
        assert_eq!(parsed("demo --for 2m"), Ok(Command::Demo { lasts }));
        let out = Some(PathBuf::from("page"));
        assert_eq!(parsed("web --out page"), Ok(Command::Web { out }));
        let json = Some(PathBuf::from("out.json"));
        let name = "replication".to_owned();
        assert_eq!(
            parsed("bench --json out.json"),
            Ok(Command::Bench { name, json })
        );
    }

    #[test]
    fn names_the_word_that_does_not_fit() {
        for (line, word) in [
            ("dmeo", "dmeo"),
            ("test --fast", "--fast"),
            ("web page", "page"),
            ("demo --for", "--for"),
            ("demo --for soon", "soon"),
            ("demo --for 0s", "0s"),
            ("fuzz --runs many", "many"),
            ("bench weather", "weather"),
        ] {
            let problem = parsed(line).expect_err(line);
            assert!(
                problem.contains(word) && !problem.contains('\n'),
                "{line}: {problem}"
            );
        }
    }
}
