//! Admission tokens: those this server makes, and those of the issuers it trusts.
//!
//! Never says whether a token was used before: that is for the store.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use pasetors::keys::AsymmetricPublicKey;
use pasetors::version4::V4;
use tickwire_shared::id::AccountId;
use tickwire_shared::limits::ADMISSION_BYTES_MAX;
use tickwire_shared::wire::Role;

use super::checks::checks;
use super::claims::{Claims, Raw, TokenFault, role_name};
use super::issuer::{Issuer, IssuerKind};
use super::jwt::{self, JwtKey};
use super::key::SigningKey;
use super::paseto;
use super::secret::Secret;
use crate::limits::{PEM_BYTES_MAX, TOKEN_TIME_MAX};
use crate::runtime::clock::WallTime;

/// Everything tokens are checked by.
pub struct Tokens {
    own: SigningKey,
    /// This server as an issuer.
    own_issuer: Issuer,
    others: Vec<(Issuer, Key)>,
}

enum Key {
    Paseto(AsymmetricPublicKey<V4>),
    Jwt(JwtKey),
}

impl Tokens {
    /// This server's own tokens and those of other issuers, whose keys are read now.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn new(own: SigningKey, issuers: &[Issuer]) -> Result<Tokens, String> {
        let server_id = own.server_id().to_owned();
        let own_issuer = Issuer {
            name: server_id.clone(),
            kind: IssuerKind::Paseto,
            audience: server_id,
            key: Default::default(),
            role_max: Role::Admin,
            any_room: false,
        };
        let others = issuers.iter().map(|issuer| {
            let bytes = read(&issuer.key)?;
            let key = Key::of(issuer.kind, &bytes);
            let key = key.ok_or_else(|| {
                let (file, kind) = (issuer.key.display(), issuer.kind);
                format!("auth.issuers: {file} holds no public key for {kind:?}")
            })?;
            Ok((issuer.clone(), key))
        });
        Ok(Tokens {
            own_issuer,
            others: others.collect::<Result<_, String>>()?,
            own,
        })
    }

    /// What this server is called in its tokens.
    #[must_use]
    pub fn server_id(&self) -> &str {
        self.own.server_id()
    }

    /// A token that lets an account in once, into this room.
    ///
    /// # Errors
    /// [`TokenFault`] when it cannot be signed.
    pub fn mint(
        &self,
        account: AccountId,
        name: &str,
        role: Role,
        room: &str,
        now: WallTime,
        number: u128,
    ) -> Result<Secret, TokenFault> {
        let server_id = self.server_id();
        let raw = Raw {
            subject: account.0.to_string(),
            audiences: vec![format!("{server_id}/{room}")],
            expires: now.after(TOKEN_TIME_MAX).0,
            issued: Some(now.0),
            not_before: None,
            id: Some(format!("{number:032x}")),
            name: Some(name.to_owned()),
            role: Some(role_name(role).to_owned()),
            room: Some(room.to_owned()),
        };
        paseto::sign(server_id, &raw, &self.own.secret).map(Secret::new)
    }

    /// What a token says, if it holds now for somebody who wants this room.
    ///
    /// # Errors
    /// The first [`TokenFault`].
    pub fn verify(
        &self,
        token: &str,
        wanted: Option<&str>,
        now: WallTime,
    ) -> Result<Claims, TokenFault> {
        if token.len() > ADMISSION_BYTES_MAX && checks(TokenFault::TooLong) {
            return Err(TokenFault::TooLong);
        }
        let (issuer, raw) = match paseto::is_one(token) {
            true => self.paseto(token)?,
            false => self.jwt(token)?,
        };
        raw.judge(issuer, now, wanted)
    }

    /// The account of claims that this server made itself; `None` for those of others.
    #[must_use]
    pub fn own_account(&self, claims: &Claims) -> Option<AccountId> {
        let ours = claims.issuer == self.own_issuer.name;
        let number = claims.subject.parse().ok().filter(|_| ours)?;
        Some(AccountId(number)).filter(|account| !account.is_guest())
    }

    fn paseto(&self, token: &str) -> Result<(&Issuer, Raw), TokenFault> {
        let unverified = paseto::parse(token)?;
        if unverified.issuer == self.own_issuer.name {
            let raw = paseto::verify(&unverified, &self.own.public)?;
            return Ok((&self.own_issuer, raw));
        }
        match self.named(&unverified.issuer)? {
            (issuer, Key::Paseto(key)) => Ok((issuer, paseto::verify(&unverified, key)?)),
            _ => Err(TokenFault::Algorithm),
        }
    }

    fn jwt(&self, token: &str) -> Result<(&Issuer, Raw), TokenFault> {
        let claimed = jwt::claimed_issuer(token)?;
        match self.named(&claimed)? {
            (issuer, Key::Jwt(key)) => Ok((issuer, jwt::verify(token, issuer, key)?)),
            _ => Err(TokenFault::Algorithm),
        }
    }

    fn named(&self, name: &str) -> Result<(&Issuer, &Key), TokenFault> {
        let named = self.others.iter().find(|(issuer, _)| issuer.name == name);
        let (issuer, key) = named.ok_or(TokenFault::Issuer)?;
        Ok((issuer, key))
    }
}

impl Key {
    fn of(kind: IssuerKind, bytes: &[u8]) -> Option<Key> {
        match kind {
            IssuerKind::Paseto => paseto_key(bytes).map(Key::Paseto),
            IssuerKind::JwtEdDsa => JwtKey::ed25519(bytes).map(Key::Jwt),
            IssuerKind::JwtRs256 => JwtKey::rsa(bytes).map(Key::Jwt),
        }
    }
}

/// PEM, or 64 hexadecimal digits.
fn paseto_key(bytes: &[u8]) -> Option<AsymmetricPublicKey<V4>> {
    let pem = || {
        let key = jsonwebtoken::DecodingKey::from_ed_pem(bytes).ok()?;
        Some(key.try_get_as_bytes().ok()?.to_vec())
    };
    let raw = hexadecimal(bytes.trim_ascii()).or_else(pem)?;
    AsymmetricPublicKey::from(&raw).ok()
}

fn hexadecimal(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pairs = digits.chunks_exact(2).map(|pair| match pair {
        [high, low] => u8::try_from(16 * digit(high)? + digit(low)?).ok(),
        _ => None,
    });
    let whole = digits.len() == 64;
    whole.then(|| pairs.collect()).flatten()
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(PEM_BYTES_MAX).read_to_end(&mut bytes));
    let shown = path.display();
    read.map_err(|error| format!("auth.issuers: cannot read {shown}: {error}"))?;
    Ok(bytes)
}
