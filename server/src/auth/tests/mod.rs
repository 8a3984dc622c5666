//! Tokens good and hostile, logins known and unknown, and what none of them may show.

mod accounts;
mod corpus;
mod gate;
mod held;
mod workshop;

use std::path::PathBuf;
use std::sync::LazyLock;

use jsonwebtoken::{Algorithm, EncodingKey};
use pasetors::version4::PublicToken;
use rcgen::{KeyPair, PKCS_ED25519, PKCS_RSA_SHA256};
use serde_json::{Value, json};

use super::passwords::base64;
use super::{Claims, Issuer, SigningKey, TokenFault, Tokens};
use crate::runtime::clock::WallTime;
use crate::runtime::entropy;

/// When all of this happens.
const NOW: WallTime = WallTime(1_900_000_000);

/// Tokens of this server and of five issuers, and what signs for each.
struct Forge {
    tokens: Tokens,
    own: SigningKey,
    web: SigningKey,
    ed: EncodingKey,
    rsa: EncodingKey,
    rsa_public: String,
    stranger: EncodingKey,
}

static FORGE: LazyLock<Forge> = LazyLock::new(Forge::new);

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("tickwire-{name}-{:016x}", entropy::number()))
}

impl Forge {
    fn new() -> Forge {
        let seed = |byte| SigningKey::from_seed(&[byte; 32]).unwrap();
        let ed = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let rsa = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let stranger = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let folder = scratch("issuers");
        std::fs::create_dir_all(&folder).unwrap();
        let web_public: String = seed(2).public.as_bytes().iter().map(hex).collect();
        let issuer = |name: &str, kind: &str, key: &str, rooms: &str| -> Issuer {
            let file = folder.join(name);
            std::fs::write(&file, key).unwrap();
            let key = file.display();
            let text = format!("name={name} kind={kind} audience=game key={key} role=bot{rooms}");
            text.parse().unwrap()
        };
        let issuers = [
            issuer("web", "paseto", &web_public, ""),
            issuer("shop", "paseto", &web_public, " rooms=any"),
            issuer("ed", "jwt-eddsa", &ed.public_key_pem(), " rooms=one"),
            issuer("fair", "jwt-eddsa", &ed.public_key_pem(), " rooms=any"),
            issuer("rs", "jwt-rs256", &rsa.public_key_pem(), ""),
        ];
        let tokens = Tokens::new(seed(1), &issuers).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let ed_key = |pair: &KeyPair| EncodingKey::from_ed_der(pair.serialized_der());
        Forge {
            tokens,
            own: seed(1),
            web: seed(2),
            ed: ed_key(&ed),
            rsa: EncodingKey::from_rsa_pem(rsa.serialize_pem().as_bytes()).unwrap(),
            rsa_public: rsa.public_key_pem(),
            stranger: ed_key(&stranger),
        }
    }

    fn verify(&self, token: &str) -> Result<Claims, TokenFault> {
        self.tokens.verify(token, Some("main"), NOW)
    }
}

fn hex(byte: &u8) -> String {
    format!("{byte:02x}")
}

fn base64url(bytes: &[u8]) -> String {
    base64(bytes).replace('+', "-").replace('/', "_")
}

/// Good claims of a JWT, changed.
fn body(issuer: &str, change: Value) -> Value {
    let mut body = json!({
        "iss": issuer, "sub": "ann", "aud": "game", "exp": NOW.0 + 600, "iat": NOW.0, "jti": "7",
        "room": "main",
    });
    merge(&mut body, change);
    body
}

/// Good claims of a PASETO, changed.
fn paseto_body(issuer: &str, audience: &str, change: Value) -> Value {
    let time = super::rfc3339::text;
    let mut body = json!({
        "iss": issuer, "sub": "5", "aud": format!("{audience}/main"), "room": "main", "jti": "7",
        "exp": time(NOW.0 + 60), "iat": time(NOW.0),
    });
    merge(&mut body, change);
    body
}

/// What is null goes.
fn merge(body: &mut Value, change: Value) {
    let (Value::Object(body), Value::Object(change)) = (body, change) else {
        panic!("claims are objects");
    };
    for (name, value) in change {
        match value {
            Value::Null => drop(body.remove(&name)),
            value => drop(body.insert(name, value)),
        }
    }
}

fn jwt(header: &Value, body: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let header = base64url(header.to_string().as_bytes());
    let signed = format!("{header}.{}", base64url(body.as_bytes()));
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), key, algorithm).unwrap();
    format!("{signed}.{signature}")
}

/// A JWT of the issuer `ed`, with changed claims.
fn ed(change: Value) -> String {
    let header = json!({"alg": "EdDSA", "typ": "JWT"});
    let body = body("ed", change).to_string();
    jwt(&header, &body, &FORGE.ed, Algorithm::EdDSA)
}

/// A JWT of the issuer `ed`, with this header, by this key.
fn headed(header: Value, key: &EncodingKey) -> String {
    jwt(
        &header,
        &body("ed", json!({})).to_string(),
        key,
        Algorithm::EdDSA,
    )
}

/// A JWT of the issuer `rs`.
fn rs(algorithm: Algorithm, change: Value) -> String {
    let header = json!({"alg": algorithm, "typ": "JWT"});
    jwt(
        &header,
        &body("rs", change).to_string(),
        &FORGE.rsa,
        algorithm,
    )
}

/// A PASETO of this server, with changed claims.
fn own(change: Value) -> String {
    let id = FORGE.own.server_id();
    paseto(&FORGE.own, &paseto_body(id, id, change))
}

fn paseto(key: &SigningKey, body: &Value) -> String {
    PublicToken::sign(&key.secret, body.to_string().as_bytes(), None, None).unwrap()
}
