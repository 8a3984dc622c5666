//! Which checks of tokens are made.
//!
//! Never leaves one out but in a test that shows what would come in without it: in a program that
//! is no test there is no way to.

use super::claims::TokenFault;

/// Whether the check that finds this fault is made.
#[cfg(not(test))]
pub(super) const fn checks(_: TokenFault) -> bool {
    true
}

#[cfg(test)]
pub(super) use switch::{checks, without};

#[cfg(test)]
mod switch {
    use std::cell::Cell;

    use super::TokenFault;

    thread_local! {
        static OFF: Cell<Option<TokenFault>> = const { Cell::new(None) };
    }

    pub(in super::super) fn checks(fault: TokenFault) -> bool {
        OFF.get() != Some(fault)
    }

    /// Does something on this thread without the check that finds this fault.
    pub(in super::super) fn without<T>(fault: TokenFault, work: impl FnOnce() -> T) -> T {
        OFF.set(Some(fault));
        let done = work();
        OFF.set(None);
        done
    }
}
