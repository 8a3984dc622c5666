//! What the doctor says: one line a finding, and a last line that sums up.
//!
//! Never leaves a warning without what to do about it.

use std::fmt::Write;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// As it should be.
    Ok,
    /// The server works; some players will not, or will have it worse.
    Warning,
    /// The server does not start, or nobody can play.
    Fault,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub subject: &'static str,
    /// How bad it is.
    pub grade: Grade,
    /// What was found, and what to do if that is not well.
    pub text: String,
}

impl Finding {
    pub(super) fn ok(subject: &'static str, text: impl Into<String>) -> Finding {
        Finding::new(subject, Grade::Ok, text)
    }

    pub(super) fn warning(subject: &'static str, text: impl Into<String>) -> Finding {
        Finding::new(subject, Grade::Warning, text)
    }

    pub(super) fn fault(subject: &'static str, text: impl Into<String>) -> Finding {
        Finding::new(subject, Grade::Fault, text)
    }

    fn new(subject: &'static str, grade: Grade, text: impl Into<String>) -> Finding {
        Finding {
            subject,
            grade,
            text: text.into(),
        }
    }
}

/// The findings as text, and whether none is a fault.
#[must_use]
pub fn report(findings: &[Finding]) -> (String, bool) {
    let mut text = String::new();
    for finding in findings {
        let grade = match finding.grade {
            Grade::Ok => "ok",
            Grade::Warning => "warning",
            Grade::Fault => "FAULT",
        };
        let _ = writeln!(text, "{grade:<8} {:<18} {}", finding.subject, finding.text);
    }
    let count = |grade| findings.iter().filter(|one| one.grade == grade).count();
    let (warnings, faults) = (count(Grade::Warning), count(Grade::Fault));
    let _ = match (warnings, faults) {
        (0, 0) => writeln!(text, "all is well"),
        _ => writeln!(text, "faults: {faults}, warnings: {warnings}"),
    };
    (text, faults == 0)
}
