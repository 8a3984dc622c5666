//! PASETO v4.public: claims signed with Ed25519, in the one way there is.
//!
//! Never believes a claim before the signature, but for the issuer, which says whose key to try.
//!
//! ```text
//! v4.public. base64url( JSON of the claims | 64 bytes of signature ) [. footer, not looked at]
//! ```

use pasetors::Public;
use pasetors::keys::{AsymmetricPublicKey, AsymmetricSecretKey};
use pasetors::token::UntrustedToken;
use pasetors::version4::{PublicToken, V4};
use serde::{Deserialize, Serialize};

use super::checks::checks;
use super::claims::{Raw, TokenFault};
use super::rfc3339::{seconds, text};

/// Claims as they stand in the token. Times are texts (RFC 3339).
#[derive(Debug, Serialize, Deserialize)]
struct Body {
    iss: String,
    sub: String,
    aud: String,
    exp: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iat: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<String>,
    jti: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    room: Option<String>,
}

/// Who says to have made a token; nothing vouches for it yet.
#[derive(Deserialize)]
struct Claimed {
    iss: String,
}

/// A token whose signature was not looked at.
pub(super) struct Unverified {
    token: UntrustedToken<Public, V4>,
    /// Who says to have made it.
    pub(super) issuer: String,
}

/// Whether a text says of itself that it is one.
pub(super) fn is_one(token: &str) -> bool {
    token.starts_with(PublicToken::HEADER)
}

/// Takes a token apart.
pub(super) fn parse(token: &str) -> Result<Unverified, TokenFault> {
    let token = UntrustedToken::<Public, V4>::try_from(token).map_err(|_| TokenFault::Shape)?;
    let claimed: Claimed =
        serde_json::from_slice(token.untrusted_payload()).map_err(|_| TokenFault::Shape)?;
    Ok(Unverified {
        token,
        issuer: claimed.iss,
    })
}

/// The claims, if the key's owner signed them.
pub(super) fn verify(
    unverified: &Unverified,
    key: &AsymmetricPublicKey<V4>,
) -> Result<Raw, TokenFault> {
    let signed = PublicToken::verify(key, &unverified.token, None, None);
    if signed.is_err() && checks(TokenFault::Signature) {
        return Err(TokenFault::Signature);
    }
    let payload = unverified.token.untrusted_payload();
    let body: Body = serde_json::from_slice(payload).map_err(|_| TokenFault::Shape)?;
    let time = |text: &str| seconds(text).ok_or(TokenFault::Shape);
    let maybe = |text: &Option<String>| text.as_deref().map(time).transpose();
    Ok(Raw {
        expires: time(&body.exp)?,
        issued: maybe(&body.iat)?,
        not_before: maybe(&body.nbf)?,
        subject: body.sub,
        audiences: vec![body.aud],
        id: Some(body.jti),
        name: body.name,
        role: body.role,
        room: body.room,
    })
}

/// Signs claims that were made here.
pub(super) fn sign(
    issuer: &str,
    raw: &Raw,
    key: &AsymmetricSecretKey<V4>,
) -> Result<String, TokenFault> {
    let body = Body {
        iss: issuer.to_owned(),
        sub: raw.subject.clone(),
        aud: raw.audiences.first().cloned().unwrap_or_default(),
        exp: text(raw.expires),
        iat: raw.issued.map(text),
        nbf: raw.not_before.map(text),
        jti: raw.id.clone().unwrap_or_default(),
        name: raw.name.clone(),
        role: raw.role.clone(),
        room: raw.room.clone(),
    };
    let json = serde_json::to_vec(&body).map_err(|_| TokenFault::Shape)?;
    PublicToken::sign(key, &json, None, None).map_err(|_| TokenFault::Shape)
}
