//! The limits of one account, one by one.

use super::*;
use crate::limits::ACCOUNT_LINES_PER_SECOND;

fn said(text: &str) -> Intent<'_> {
    Intent {
        text,
        slow: None,
        whisper_to: None,
    }
}

fn at(seconds: u64) -> Instant {
    Instant::from_millis(seconds * 1_000)
}

fn pen() -> Pen {
    Pen::new(ACCOUNT_LINES_PER_SECOND, at(0))
}

/// The text as it is to be stored.
fn judge(pen: &mut Pen, now: Instant, line: &Intent<'_>) -> Result<String, Refusal> {
    pen.judge(now, line).map(|(text, _)| text)
}

fn refused(reason: ChatRefusal, seconds: u32) -> Result<String, Refusal> {
    Err(Refusal { reason, seconds })
}

#[test]
fn text_is_stored_in_nfc_and_the_cap_holds_after_it() {
    let mut pen = pen();
    assert_eq!(
        judge(&mut pen, at(0), &said("a\u{308}")),
        Ok("\u{E4}".to_owned())
    );
    assert_eq!(
        judge(&mut pen, at(0), &said(&"x".repeat(512))),
        Ok("x".repeat(512))
    );
    // One of the letters that become longer: 3 bytes, then 6.
    let growing = "\u{958}".repeat(100);
    let longer = judge(&mut pen, at(0), &said(&growing));
    assert_eq!(
        longer,
        refused(ChatRefusal::TooLong, 0),
        "{}",
        growing.len()
    );
    assert_eq!(
        judge(&mut pen, at(0), &said(&"x".repeat(513))),
        refused(ChatRefusal::TooLong, 0)
    );
    assert_eq!(
        judge(&mut pen, at(0), &said(" ")),
        refused(ChatRefusal::Empty, 0)
    );
    assert_eq!(
        judge(&mut pen, at(0), &said("a\u{202E}")),
        refused(ChatRefusal::BadText, 0)
    );
}

#[test]
fn ten_lines_at_once_then_one_a_second() {
    let mut pen = pen();
    for line in 0..10 {
        assert!(judge(&mut pen, at(0), &said(&line.to_string())).is_ok());
    }
    assert_eq!(
        judge(&mut pen, at(0), &said("eleven")),
        refused(ChatRefusal::TooFast, 1)
    );
    assert!(judge(&mut pen, at(1), &said("eleven")).is_ok());
    assert!(judge(&mut pen, at(1), &said("twelve")).is_err());
}

#[test]
fn the_third_time_within_ten_seconds_is_a_repetition() {
    let mut pen = pen();
    assert!(judge(&mut pen, at(0), &said("Buy gold")).is_ok());
    assert!(judge(&mut pen, at(3), &said("buy  GOLD")).is_ok());
    let again = said("BUYgold");
    assert_eq!(
        judge(&mut pen, at(4), &again),
        refused(ChatRefusal::Repeated, 6)
    );
    assert!(judge(&mut pen, at(4), &said("buy silver")).is_ok());
    assert!(judge(&mut pen, at(10), &again).is_ok());
}

#[test]
fn slow_mode_holds_in_its_log_and_a_refusal_does_not_prolong_it() {
    let mut pen = pen();
    let slow = |text, log| Intent {
        slow: Some((LogId(log), 30)),
        ..said(text)
    };
    assert!(judge(&mut pen, at(0), &slow("a", 1)).is_ok());
    assert_eq!(
        judge(&mut pen, at(10), &slow("b", 1)),
        refused(ChatRefusal::SlowMode, 20)
    );
    assert!(judge(&mut pen, at(10), &slow("b", 2)).is_ok());
    assert!(judge(&mut pen, at(10), &said("c")).is_ok());
    assert!(judge(&mut pen, at(30), &slow("b", 1)).is_ok());
}

#[test]
fn slow_mode_cannot_be_forgotten_by_writing_everywhere() {
    let mut pen = pen();
    let slow = |log| Intent {
        slow: Some((LogId(log), 3_600)),
        ..said("a")
    };
    let most = SLOW_LOGS_MAX as u64;
    for log in 0..200 {
        let result = judge(&mut pen, at(20 * log), &slow(log));
        assert_eq!(
            result.is_ok(),
            log < most || (180..180 + most).contains(&log),
            "{log}"
        );
    }
    assert_eq!(pen.slowed.len(), SLOW_LOGS_MAX);
}

#[test]
fn twenty_strangers_a_minute_and_friends_as_often_as_one_likes() {
    let mut pen = pen();
    fn to(text: &str, whom: u64) -> Intent<'_> {
        Intent {
            whisper_to: Some(AccountId(whom)),
            ..said(text)
        }
    }
    for whom in 0..20 {
        assert!(judge(&mut pen, at(2 * whom), &to(&whom.to_string(), whom)).is_ok());
    }
    assert_eq!(
        judge(&mut pen, at(50), &to("hi", 20)),
        refused(ChatRefusal::TooFast, 10)
    );
    assert!(judge(&mut pen, at(50), &to("hi", 3)).is_ok());
    assert!(judge(&mut pen, at(60), &to("hi", 20)).is_ok());
}

#[test]
fn without_a_limit_a_bench_says_what_it_likes() {
    let mut pen = Pen::new(0, at(0));
    for whom in 0..1_000 {
        let line = Intent {
            whisper_to: Some(AccountId(whom)),
            ..said("a")
        };
        assert!(judge(&mut pen, at(0), &line).is_ok());
    }
    assert!(
        judge(&mut pen, at(0), &said("\u{1b}")).is_err(),
        "text is text all the same"
    );
    assert!(pen.is_unused(at(0)));
}

#[test]
fn a_pen_that_rested_may_be_dropped() {
    let mut pen = pen();
    assert!(pen.is_unused(at(0)));
    assert!(judge(&mut pen, at(0), &said("a")).is_ok());
    assert!(!pen.is_unused(at(9)) && pen.is_unused(at(10)));
}
#[test]
fn what_is_given_back_may_be_said_again() {
    let mut pen = pen();
    let line = Intent {
        slow: Some((LogId(1), 30)),
        whisper_to: Some(AccountId(1)),
        ..said("hi")
    };
    for _ in 0..100 {
        let (_, price) = pen.judge(at(0), &line).expect("as if it were the first");
        pen.give_back(price);
    }
    assert_eq!(pen.remembered(), 0);
    assert!(pen.is_unused(at(0)));
    assert!(pen.judge(at(0), &line).is_ok());
    assert!(pen.judge(at(0), &line).is_err());
}

#[test]
fn what_others_took_is_not_given_back() {
    let mut pen = pen();
    let line = Intent {
        whisper_to: Some(AccountId(1)),
        ..said("hi")
    };
    assert!(pen.judge(at(0), &line).is_ok());
    let (_, price) = pen.judge(at(1), &line).expect("the second time");
    pen.give_back(price);
    assert_eq!(pen.remembered(), 2, "one text and one that was met");
}
