//! Times as PASETO writes them: `2026-11-28T07:12:00Z`, or with an offset.
//!
//! Never reads a date that does not exist, or a leap second.

use std::time::Duration;

use x509_cert::der::DateTime;

use crate::runtime::clock::WallTime;

/// Seconds since 1970 of a time; fractions are dropped.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let (date, rest) = text.split_at_checked(19)?;
    let number = |from: usize, to: usize| {
        let digits = date.get(from..to)?;
        let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        all_digits.then(|| digits.parse::<u16>().ok()).flatten()
    };
    let byte = |at: usize| date.as_bytes().get(at).copied();
    let marks = [byte(4), byte(7), byte(10), byte(13), byte(16)];
    if marks != [b'-', b'-', b'T', b':', b':'].map(Some) {
        return None;
    }
    let small = |from, to| u8::try_from(number(from, to)?).ok();
    let (month, day) = (small(5, 7)?, small(8, 10)?);
    let (hour, minute, second) = (small(11, 13)?, small(14, 16)?, small(17, 19)?);
    let date = DateTime::new(number(0, 4)?, month, day, hour, minute, second).ok()?;
    let offset = offset_seconds(without_fraction(rest)?)?;
    date.unix_duration().as_secs().checked_add_signed(-offset)
}

fn without_fraction(rest: &str) -> Option<&str> {
    let Some(fraction) = rest.strip_prefix('.') else {
        return Some(rest);
    };
    let after = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    (after.len() < fraction.len()).then_some(after)
}

/// How far a zone is ahead of UTC.
fn offset_seconds(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let bytes = zone.as_bytes();
    let [sign, h1, h2, b':', m1, m2] = bytes else {
        return None;
    };
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
    let hours = 10 * digit(h1)? + digit(h2)?;
    let minutes = 10 * digit(m1)? + digit(m2)?;
    let span = (hours < 24 && minutes < 60).then_some(3_600 * hours + 60 * minutes)?;
    match sign {
        b'+' => Some(span),
        b'-' => Some(-span),
        _ => None,
    }
}

/// A time in UTC.
pub(super) fn text(seconds: u64) -> String {
    let (year, month, day) = WallTime(seconds).date();
    let second = Duration::from_secs(seconds % 86_400).as_secs();
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for at in [0, 951_782_399, 951_782_400, 1_764_313_920, 4_107_542_399] {
            assert_eq!(seconds(&text(at)), Some(at), "{}", text(at));
        }
        let noon = seconds("2026-11-28T12:00:00Z");
        assert!(noon.is_some());
        assert_eq!(seconds("2026-11-28T12:00:00.999Z"), noon);
        assert_eq!(seconds("2026-11-28T14:30:00+02:30"), noon);
        assert_eq!(seconds("2026-11-28T07:00:00-05:00"), noon);
    }

    #[test]
    fn what_is_no_time_is_none() {
        for bad in [
            "",
            "1764313920",
            "2026-11-28",
            "2026-11-28T12:00:00",
            "2026-02-30T12:00:00Z",
            "2026-13-01T12:00:00Z",
            "2026-11-28T24:00:00Z",
            "2026-11-28T12:00:60Z",
            "2026-11-28 12:00:00Z",
            "2026-11-28T12:00:00.Z",
            "2026-11-28T12:00:00+2:00",
            "2026-11-28T12:00:00Zz",
            "+026-11-28T12:00:00Z",
            "2026-11-28T12:00:00+24:00",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+01:00",
            "２０26-11-28T12:00:00Z",
        ] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
