//! Whose names are taken: those of registered players, and the words nobody may be called.
//!
//! Never knows who is present, and never forgets a name: registered ones are for good.

use std::collections::{BTreeMap, BTreeSet};

use tickwire_shared::id::AccountId;

use super::names::{Name, NameFault, bare, check, keys, skeleton_of, unnumbered};

/// Words that players would take for the server's own.
const RESERVED: [&str; 23] = [
    "admin",
    "administrator",
    "announcement",
    "everyone",
    "here",
    "mod",
    "moderator",
    "null",
    "official",
    "operator",
    "owner",
    "root",
    "security",
    "server",
    "staff",
    "support",
    "sysop",
    "system",
    "tickwire",
    "undefined",
    "webmaster",
    "host",
    "superuser",
];

/// Names that are not free.
#[derive(Clone, Debug)]
pub struct NameBook {
    reserved: BTreeSet<String>,
    registered: BTreeMap<String, AccountId>,
}

impl Default for NameBook {
    fn default() -> NameBook {
        NameBook::new([])
    }
}

impl NameBook {
    /// Nobody is registered; these words are reserved beside the usual ones.
    #[must_use]
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> NameBook {
        let mut reserved = BTreeSet::new();
        for word in RESERVED.into_iter().chain(words) {
            let skeleton = skeleton_of(&bare(word));
            reserved.extend(keys(&skeleton).map(str::to_owned));
        }
        NameBook {
            reserved,
            registered: BTreeMap::new(),
        }
    }

    /// An account has a name of this skeleton.
    pub fn register(&mut self, skeleton: &str, account: AccountId) {
        for key in keys(skeleton) {
            self.registered.entry(key.to_owned()).or_insert(account);
        }
    }

    /// The name as one that an account may take, or a new account (`None`).
    ///
    /// # Errors
    /// The first [`NameFault`].
    pub fn check(&self, name: &str, whose: Option<AccountId>) -> Result<Name, NameFault> {
        let name = check(name)?;
        if self.is_reserved(&name.shown) {
            return Err(NameFault::Reserved);
        }
        match self.owner(&name.skeleton) {
            Some(owner) if whose != Some(owner) => Err(NameFault::Registered),
            _ => Ok(name),
        }
    }

    /// The name as one that a guest may take: the server itself gives a second bearer of a name a
    /// number, so that a registered name with a number would pass for its owner.
    ///
    /// # Errors
    /// The first [`NameFault`].
    pub fn check_guest(&self, name: &str) -> Result<Name, NameFault> {
        let name = self.check(name, None)?;
        let base = unnumbered(&name.shown);
        match base.and_then(|base| self.owner(&skeleton_of(base))) {
            Some(_) => Err(NameFault::Registered),
            None => Ok(name),
        }
    }

    /// The account with a name of this look.
    #[must_use]
    pub fn owner(&self, skeleton: &str) -> Option<AccountId> {
        keys(skeleton).find_map(|key| self.registered.get(key).copied())
    }

    fn is_reserved(&self, name: &str) -> bool {
        let skeleton = skeleton_of(&bare(name));
        keys(&skeleton).any(|key| self.reserved.contains(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_words_are_nobodys_however_they_are_written() {
        let book = NameBook::new(["Mayor"]);
        for name in [
            "admin", "Admin 2", "ADMlN", "аdmin", "[system]", "MAYOR", "s3rver",
        ] {
            let free = book.check(name, None);
            let by_letters = name == "s3rver";
            assert_eq!(free.is_ok(), by_letters, "{name}: {free:?}");
        }
        assert!(NameBook::default().check("Mayor", None).is_ok());
    }

    #[test]
    fn a_registered_name_is_its_owners_alone() {
        let mut book = NameBook::default();
        let ivan = check("Ivan").unwrap();
        book.register(&ivan.skeleton, AccountId(7));
        for name in ["Ivan", "ivan", "lvan", "IVAN"] {
            assert_eq!(book.check(name, None), Err(NameFault::Registered), "{name}");
            assert_eq!(
                book.check(name, Some(AccountId(8))),
                Err(NameFault::Registered)
            );
            assert!(book.check(name, Some(AccountId(7))).is_ok());
        }
        assert!(book.check("Ivana", None).is_ok());
    }
}
