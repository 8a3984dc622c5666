//! Where a client stands in a room's chat, and what a line is to it.
//!
//! Never asks for anything: it only counts.

/// Where a client stands in a room's chat: which line it waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChatCursor {
    /// The epoch the offsets belong to.
    pub epoch: u32,
    /// The first offset the client does not have.
    pub next: u64,
}

/// What a line that arrived is to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The line it waited for.
    New,
    /// It has this line.
    Duplicate,
    /// So many lines before this one never came.
    Gap(u64),
}

impl ChatCursor {
    /// A Welcome said where the chat goes on. Returns how many lines of the same epoch this client
    /// will never get, because history was cut.
    pub fn welcome(&mut self, epoch: u32, first: u64) -> u64 {
        let missed = if self.epoch == epoch {
            first.saturating_sub(self.next)
        } else {
            0
        };
        *self = ChatCursor { epoch, next: first };
        missed
    }

    /// A line came.
    pub fn arrived(&mut self, offset: u64) -> Arrival {
        if offset < self.next {
            return Arrival::Duplicate;
        }
        let missed = offset - self.next;
        self.next = offset.saturating_add(1);
        if missed == 0 {
            Arrival::New
        } else {
            Arrival::Gap(missed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_tells_new_from_old_and_counts_what_is_lost() {
        let mut cursor = ChatCursor::default();
        assert_eq!(
            cursor.welcome(9, 100),
            0,
            "another epoch: nothing was missed"
        );
        assert_eq!(cursor.arrived(100), Arrival::New);
        assert_eq!(cursor.arrived(100), Arrival::Duplicate);
        assert_eq!(cursor.arrived(103), Arrival::Gap(2));
        assert_eq!(cursor.welcome(9, 110), 6);
        assert_eq!(cursor.arrived(110), Arrival::New);
    }
}
