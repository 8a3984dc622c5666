//! Bugs that tests plant in the desk.
//!
//! Never in force outside them.

/// A bug to plant, so that tests show that they would find it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sabotage {
    /// None.
    #[default]
    None,
    /// A line is acked when it is handed to the store.
    AckBeforeCommit,
    /// Anybody may read the history of any log.
    OpenHistory,
    /// A line that was stored before is shown again.
    ShowKnown,
    /// Live lines are sent to readers who have not caught up.
    SkipCatchUp,
    /// Members read what was said before they came.
    ReadBefore,
    /// Both of a whisper are told of each other though one blocks the other.
    TellPastBlock,
    /// A line that is stored and comes again is judged anew.
    ForgetStored,
    /// What somebody hears nearby everybody in the room reads.
    SharedEars,
}

impl Sabotage {
    /// From where on a member reads that may read from `since` on.
    pub(super) fn reads_from(self, since: u64) -> u64 {
        if self == Sabotage::ReadBefore {
            0
        } else {
            since
        }
    }
}
