//! Reactions as they are answered: by sign.
//!
//! Never changes the order in which signs came up, nor who put one there first.

use tickwire_shared::id::AccountId;

/// Signs in the order they came up, each with whoever put it there.
pub(super) fn by_sign<'a>(
    reactions: impl IntoIterator<Item = (&'a str, AccountId)>,
) -> Vec<(String, Vec<AccountId>)> {
    let mut signs: Vec<(String, Vec<AccountId>)> = Vec::new();
    for (sign, account) in reactions {
        match signs.iter_mut().find(|(other, _)| other == sign) {
            Some((_, accounts)) => accounts.push(account),
            None => signs.push((sign.to_owned(), vec![account])),
        }
    }
    signs
}
