//! JWT of other issuers, each with one fixed algorithm.
//!
//! Never lets a token say how it is to be checked: the key decides, and `kid`, `jku`, `jwk` and
//! `x5u` are not looked at.

use aws_lc_rs::digest::{SHA256, digest};
#[cfg(test)]
use jsonwebtoken::TokenData;
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;

use super::checks::checks;
use super::claims::{Raw, TokenFault};
use super::issuer::Issuer;

/// Claims as they stand in the token. Times are whole numbers; `exp` as a text is no time.
#[derive(Debug, Deserialize)]
struct Body {
    sub: String,
    aud: Audience,
    exp: u64,
    #[serde(default)]
    iat: Option<u64>,
    #[serde(default)]
    nbf: Option<u64>,
    #[serde(default)]
    jti: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    room: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Who says to have made a token; nothing vouches for it yet.
#[derive(Deserialize)]
struct Claimed {
    iss: String,
}

/// How the tokens of one issuer are checked.
pub(super) struct JwtKey {
    key: DecodingKey,
    algorithm: Algorithm,
}

impl JwtKey {
    /// An Ed25519 key in PEM.
    pub(super) fn ed25519(pem: &[u8]) -> Option<JwtKey> {
        let algorithm = Algorithm::EdDSA;
        let key = DecodingKey::from_ed_pem(pem).ok()?;
        Some(JwtKey { key, algorithm })
    }

    /// An RSA key in PEM.
    pub(super) fn rsa(pem: &[u8]) -> Option<JwtKey> {
        let algorithm = Algorithm::RS256;
        let key = DecodingKey::from_rsa_pem(pem).ok()?;
        Some(JwtKey { key, algorithm })
    }
}

/// Who says to have made a token.
pub(super) fn claimed_issuer(token: &str) -> Result<String, TokenFault> {
    let claimed: Claimed = insecure_decode_claims(token).map_err(|_| TokenFault::Shape)?;
    Ok(claimed.iss)
}

/// The claims, if the issuer signed them.
pub(super) fn verify(token: &str, issuer: &Issuer, key: &JwtKey) -> Result<Raw, TokenFault> {
    let mut validation = Validation::new(key.algorithm);
    validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    validation.set_audience(&[&issuer.audience]);
    validation.set_issuer(&[&issuer.name]);
    // Times are judged with all the others, by a clock that is given.
    validation.validate_exp = false;
    validation.validate_aud = checks(TokenFault::Audience);
    let decoded = decode::<Body>(token, &key.key, &validation);
    #[cfg(test)]
    let decoded = decoded.or_else(|error| unchecked(token, error));
    let decoded = decoded.map_err(|error| fault(error.kind()))?;
    // What must be understood is not understood here, whatever it is.
    if decoded.header.crit.is_some() && checks(TokenFault::Algorithm) {
        return Err(TokenFault::Algorithm);
    }
    let body = decoded.claims;
    Ok(Raw {
        subject: body.sub,
        audiences: match body.aud {
            Audience::One(one) => vec![one],
            Audience::Several(several) => several,
        },
        expires: body.exp,
        issued: body.iat,
        not_before: body.nbf,
        id: Some(body.jti.unwrap_or_else(|| number_of(token))),
        name: body.name,
        role: body.role,
        room: body.room,
    })
}

/// What a token says whose algorithm or signature is not as it must be, where that is not looked
/// at.
#[cfg(test)]
fn unchecked(
    token: &str,
    error: jsonwebtoken::errors::Error,
) -> Result<TokenData<Body>, jsonwebtoken::errors::Error> {
    let found = fault(error.kind());
    let signed = matches!(found, TokenFault::Algorithm | TokenFault::Signature);
    match signed && !checks(found) {
        true => jsonwebtoken::dangerous::insecure_decode(token),
        false => Err(error),
    }
}

/// A token without a number is known by what was signed. The signature is no part of it: some can
/// be written in more than one way.
fn number_of(token: &str) -> String {
    let signed = token.rsplit_once('.').map_or(token, |(signed, _)| signed);
    let hash = digest(&SHA256, signed.as_bytes());
    let digits = hash.as_ref().iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

fn fault(kind: &ErrorKind) -> TokenFault {
    match kind {
        ErrorKind::InvalidSignature => TokenFault::Signature,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => TokenFault::Algorithm,
        ErrorKind::InvalidAudience => TokenFault::Audience,
        ErrorKind::InvalidIssuer => TokenFault::Issuer,
        _ => TokenFault::Shape,
    }
}
