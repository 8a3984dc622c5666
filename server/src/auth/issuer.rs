//! Whose tokens are accepted, as an operator writes it.
//!
//! Never reads a key by itself: [`super::Tokens`] does when the server starts.
//!
//! ```text
//! name=https://id.example.org kind=jwt-rs256 audience=my-game key=/etc/tickwire/id.pem role=player
//! ```

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use tickwire_shared::wire::Role;

use super::claims::{role_name, role_of};

/// Form and algorithm of an issuer's tokens; there is one for each key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerKind {
    /// PASETO v4.public.
    Paseto,
    /// JWT signed with Ed25519.
    JwtEdDsa,
    /// JWT signed with RSA (PKCS #1, SHA-256).
    JwtRs256,
}

/// Somebody whose tokens are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// The claim `iss` of its tokens.
    pub name: String,
    /// What its tokens are like.
    pub kind: IssuerKind,
    /// The claim `aud` of its tokens; of PASETO, what stands before the slash and the room.
    pub audience: String,
    /// Where its public key is, in PEM or, for PASETO, in hexadecimal digits.
    pub key: PathBuf,
    /// The highest role its tokens may give.
    pub role_max: Role,
    /// Whether its tokens may be good for all rooms: each must be for one otherwise.
    pub any_room: bool,
}

/// What a good issuer is written like.
pub(crate) const ISSUER_RULE: &str = "must be issuers such as name=https://id.example.org \
     kind=jwt-rs256 audience=my-game key=/etc/tickwire/id.pem, with paseto, jwt-eddsa or \
     jwt-rs256 as kind, role=moderator where it may give that, and rooms=any where its tokens \
     need not be for one room each";

impl FromStr for Issuer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Issuer, &'static str> {
        let [
            mut name,
            mut kind,
            mut audience,
            mut key,
            mut role,
            mut rooms,
        ] = [None; 6];
        for word in text.split_whitespace() {
            let (what, value) = word.split_once('=').ok_or(ISSUER_RULE)?;
            let slot = match what {
                "name" => &mut name,
                "kind" => &mut kind,
                "audience" => &mut audience,
                "key" => &mut key,
                "role" => &mut role,
                "rooms" => &mut rooms,
                _ => return Err(ISSUER_RULE),
            };
            if value.is_empty() || slot.replace(value).is_some() {
                return Err(ISSUER_RULE);
            }
        }
        let any_room = match rooms {
            None | Some("one") => false,
            Some("any") => true,
            Some(_) => return Err(ISSUER_RULE),
        };
        let kind = kind.and_then(IssuerKind::named).ok_or(ISSUER_RULE)?;
        Ok(Issuer {
            name: name.ok_or(ISSUER_RULE)?.to_owned(),
            kind,
            audience: audience.ok_or(ISSUER_RULE)?.to_owned(),
            key: PathBuf::from(key.ok_or(ISSUER_RULE)?),
            role_max: role_of(role.unwrap_or("player")).ok_or(ISSUER_RULE)?,
            any_room,
        })
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, audience, key) = (&self.name, &self.audience, self.key.display());
        let (kind, role) = (self.kind.name(), role_name(self.role_max));
        let rooms = match self.any_room {
            true => "any",
            false => "one",
        };
        write!(
            f,
            "name={name} kind={kind} audience={audience} key={key} role={role} rooms={rooms}"
        )
    }
}

impl IssuerKind {
    const ALL: [IssuerKind; 3] = [
        IssuerKind::Paseto,
        IssuerKind::JwtEdDsa,
        IssuerKind::JwtRs256,
    ];

    const fn name(self) -> &'static str {
        match self {
            IssuerKind::Paseto => "paseto",
            IssuerKind::JwtEdDsa => "jwt-eddsa",
            IssuerKind::JwtRs256 => "jwt-rs256",
        }
    }

    fn named(name: &str) -> Option<IssuerKind> {
        IssuerKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_read_as_it_is_written_and_nothing_is_guessed() {
        let good = "name=https://id.example.org kind=jwt-rs256 audience=g key=/k.pem role=bot";
        for (end, shown, any_room) in [
            ("", " rooms=one", false),
            (" rooms=one", " rooms=one", false),
            (" rooms=any", " rooms=any", true),
        ] {
            let issuer: Issuer = format!("{good}{end}").parse().unwrap();
            assert_eq!(issuer.to_string(), format!("{good}{shown}"));
            assert_eq!((issuer.role_max, issuer.any_room), (Role::Bot, any_room));
        }
        for bad in [
            "",
            "name=a kind=jwt-hs256 audience=g key=/k",
            "name=a kind=paseto audience=g",
            "name=a name=b kind=paseto audience=g key=/k",
            "name=a kind=paseto audience=g key=/k role=king",
            "name=a kind=paseto audience= key=/k",
            "name=a kind=paseto audience=g key=/k alg=none",
            "name=a kind=paseto audience=g key=/k rooms=all",
            "name=a kind=paseto audience=g key=/k rooms=",
        ] {
            assert_eq!(bad.parse::<Issuer>(), Err(ISSUER_RULE), "{bad}");
        }
    }
}
