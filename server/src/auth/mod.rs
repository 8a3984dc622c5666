//! Who somebody is: passwords, admission tokens, accounts and the rates of logging in.
//!
//! Never logs a password, a token or a key, and never runs on a worker: the network thread asks,
//! threads of its own compute, the store keeps.
//!
//! ```text
//! POST /login, /register -> Accounts -> Argon2id (helper) -> store -> token for one room visit
//! Hello with a token     -> Gate     -> signature (helper) -> claims -> store: used once -> lobby
//! Hello with a key       -> Gate     -> store: whose key                              -> lobby
//! ```

mod accounts;
mod bots;
mod checks;
mod claims;
mod gate;
mod helpers;
mod issuer;
mod jwt;
mod keep;
mod key;
mod paseto;
mod passwords;
mod rates;
mod registry;
mod rfc3339;
mod secret;
mod tokens;
mod uses;

pub use accounts::{
    Accounts, AccountsParts, LoggedIn, LoginAct, LoginError, LoginRequest, RoleRequest,
};
pub use bots::{BotError, BotRequest, BotToken, Bots, NewBot, digest_number};
pub use claims::{Claims, TokenFault};
pub(crate) use claims::{role_name, role_of};
pub use gate::Gate;
pub use helpers::Helpers;
#[cfg(test)]
mod tests;

pub(crate) use issuer::ISSUER_RULE;
pub use issuer::{Issuer, IssuerKind};
pub use keep::Keep;
pub(crate) use keep::millis;
pub use key::SigningKey;
pub use passwords::Passwords;
pub use rates::LoginRates;
pub use registry::{NamesSink, Registry};
pub use secret::Secret;
pub use tokens::Tokens;
