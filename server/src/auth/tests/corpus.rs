//! Hostile tokens, one test each: every one is refused, and by the check that is meant for it.
//!
//! Each differs from a good token, which is accepted, in one thing; without the check of that thing
//! it would be let in.

use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::json;
use tickwire_shared::id::AccountId;
use tickwire_shared::wire::Role;

use super::*;
use crate::auth::TokenFault::*;
use crate::auth::checks::without;

/// A name, why it is refused, and how it is made.
type Hostile = (&'static str, TokenFault, fn() -> String);

/// Each names a test, says why the token is refused, and makes it.
macro_rules! hostile {
    ($($name:ident => $fault:ident, $token:expr;)*) => {
        $(#[test]
        fn $name() {
            let token: String = $token;
            assert_eq!(FORGE.verify(&token).err(), Some($fault), "{token}");
        })*

        const TOKENS: &[Hostile] = &[$((stringify!($name), $fault, || $token)),*];
    };
}

hostile! {
    jwt_alg_none => Shape, unsigned("none", "");
    jwt_alg_none_in_capitals => Shape, unsigned("NONE", "");
    jwt_alg_none_with_a_signature => Shape, unsigned("none", signature_of(&ed(json!({}))));
    jwt_alg_missing => Shape, headed(json!({"typ": "JWT"}), &FORGE.ed);
    jwt_hmac_with_the_rsa_public_key => Algorithm, hmac("rs");
    jwt_hmac_for_an_ed25519_issuer => Algorithm, hmac("ed");
    jwt_rs512_by_the_right_key => Algorithm, rs(Algorithm::RS512, json!({}));
    jwt_ps256_by_the_right_key => Algorithm, rs(Algorithm::PS256, json!({}));
    jwt_of_the_rsa_issuer_by_the_other_algorithm => Algorithm, ed(json!({"iss": "rs"}));
    jwt_exp_is_a_text => Shape, ed(json!({"exp": (NOW.0 + 600).to_string()}));
    jwt_exp_is_missing => Shape, ed(json!({"exp": null}));
    jwt_exp_is_negative => Shape, ed(json!({"exp": -1}));
    jwt_exp_is_a_list => Shape, ed(json!({"exp": [NOW.0 + 600]}));
    jwt_exp_twice => Shape, twice("exp");
    jwt_exp_is_for_ever => Lasting, ed(json!({"exp": u64::MAX}));
    jwt_lasts_too_long => Lasting, ed(json!({"exp": NOW.0 + 86_401}));
    jwt_is_expired => Expired, ed(json!({"exp": NOW.0 - 30, "iat": NOW.0 - 600}));
    jwt_nbf_is_to_come => Early, ed(json!({"nbf": NOW.0 + 31}));
    jwt_iat_is_to_come => Early, ed(json!({"iat": NOW.0 + 31}));
    jwt_has_neither_iat_nor_nbf => Shape, ed(json!({"iat": null}));
    jwt_aud_is_missing => Shape, ed(json!({"aud": null}));
    jwt_aud_is_another => Audience, ed(json!({"aud": "other"}));
    jwt_aud_is_an_empty_list => Audience, ed(json!({"aud": []}));
    jwt_iss_is_missing => Shape, ed(json!({"iss": null}));
    jwt_iss_is_unknown => Issuer, ed(json!({"iss": "evil"}));
    jwt_iss_is_a_list => Shape, ed(json!({"iss": ["ed", "evil"]}));
    jwt_iss_is_this_server => Issuer, ed(json!({"iss": FORGE.own.server_id()}));
    jwt_sub_is_missing => Shape, ed(json!({"sub": null}));
    jwt_sub_is_empty => Claim, ed(json!({"sub": ""}));
    jwt_sub_holds_a_line_end => Claim, ed(json!({"sub": "a\nb"}));
    jwt_jti_is_huge => Claim, ed(json!({"jti": "7".repeat(129)}));
    jwt_gives_more_than_its_issuer_may => Claim, ed(json!({"role": "admin"}));
    jwt_gives_an_unknown_role => Claim, ed(json!({"role": "god"}));
    jwt_is_for_another_room => Room, ed(json!({"room": "duel"}));
    jwt_without_room => NoRoom, ed(json!({"room": null}));
    jwt_for_all_rooms => NoRoom, ed(json!({"room": "*"}));
    jwt_of_the_rsa_issuer_without_room => NoRoom, rs(Algorithm::RS256, json!({"room": null}));
    jwt_whose_room_is_no_text => Shape, ed(json!({"room": ["main"]}));
    jwt_of_an_issuer_for_any_room_is_for_another => Room,
        ed(json!({"iss": "fair", "room": "duel"}));
    jwt_by_another_key => Signature, headed(json!({"alg": "EdDSA"}), &FORGE.stranger);
    jwt_kid_points_to_a_file => Signature, strange(json!({"kid": "../../../dev/null"}));
    jwt_kid_is_sql => Signature, strange(json!({"kid": "' UNION SELECT 'key' --"}));
    jwt_brings_its_key_along => Signature, strange(json!({"jwk": {
        "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}));
    jwt_says_where_its_key_is => Signature, strange(json!({"jku": "https://evil.example/k"}));
    jwt_says_where_its_certificate_is => Signature, strange(json!({"x5u": "https://evil.example"}));
    jwt_has_a_critical_extension => Algorithm,
        headed(json!({"alg": "EdDSA", "crit": ["exp"], "exp": 1}), &FORGE.ed);
    jwt_header_is_huge => TooLong,
        headed(json!({"alg": "EdDSA", "kid": "k".repeat(3_000)}), &FORGE.ed);
    jwt_is_truncated => Signature, shorter(&ed(json!({})), 6);
    jwt_without_signature => Shape, first_parts(&ed(json!({})), 2);
    jwt_with_an_empty_signature => Signature, first_parts(&ed(json!({})), 2) + ".";
    jwt_with_claims_of_another => Signature, spliced();
    jwt_as_five_parts => Shape, format!("a.b.{}", ed(json!({})));
    nothing => Shape, String::new();
    dots => Shape, "..".to_owned();
    random_text => Shape, "Bearer abc".to_owned();
    paseto_by_another_key => Signature, by_the_web_issuer_as_this_server();
    paseto_for_another_server => Audience, own(json!({"aud": "tickwire:00/main"}));
    paseto_for_another_room => Room, in_room("duel");
    paseto_whose_room_is_not_its_audience => Audience, own(json!({"aud": for_room("duel")}));
    paseto_without_room => NoRoom, own(json!({"room": null, "aud": for_room("*")}));
    paseto_for_all_rooms => NoRoom, in_room("*");
    paseto_of_an_issuer_without_room => NoRoom,
        by_the_web_issuer("web", json!({"room": null, "aud": "game/*"}));
    paseto_of_an_issuer_for_all_rooms => NoRoom,
        by_the_web_issuer("web", json!({"room": "*", "aud": "game/*"}));
    paseto_of_an_issuer_for_any_room_is_for_another => Room,
        by_the_web_issuer("shop", json!({"room": "duel", "aud": "game/duel"}));
    paseto_is_expired => Expired, own(json!({"exp": at(-30), "iat": at(-60)}));
    paseto_is_to_come => Early, own(json!({"nbf": at(31)}));
    paseto_lasts_too_long => Lasting, own(json!({"exp": at(61)}));
    paseto_exp_is_a_number => Shape, own(json!({"exp": NOW.0 + 60}));
    paseto_exp_is_no_time => Shape, own(json!({"exp": "tomorrow"}));
    paseto_exp_is_missing => Shape, own(json!({"exp": null}));
    paseto_without_number => Shape, own(json!({"jti": null}));
    paseto_with_an_empty_number => Claim, own(json!({"jti": ""}));
    paseto_is_truncated => Shape, shorter(&own(json!({})), 4);
    paseto_with_another_footer => Signature, format!("{}.Zm9v", own(json!({})));
    paseto_of_version_two => Shape, own(json!({})).replace("v4.", "v2.");
    paseto_local => Shape, own(json!({})).replace("public", "local");
    paseto_of_an_issuer_of_jwts => Algorithm, own(json!({"iss": "ed"}));
    jwt_of_an_issuer_of_pasetos => Algorithm, ed(json!({"iss": "web"}));
}

#[test]
fn the_corpus_is_large_enough() {
    assert!(TOKENS.len() >= 40, "{}", TOKENS.len());
}

/// What is no token is none with any check, and nobody's key fits an unknown issuer or another
/// kind of token: no single check stands for these.
fn has_a_check(name: &str, fault: TokenFault) -> bool {
    let of_another_kind = name.ends_with("_of_pasetos") || name.ends_with("_of_jwts");
    !matches!(fault, Shape | Issuer) && !of_another_kind
}

#[test]
fn without_its_check_each_hostile_token_would_be_let_in() {
    let mut let_in = 0;
    for (name, fault, make) in TOKENS {
        let token = make();
        let unchecked = without(*fault, || FORGE.verify(&token));
        assert_eq!(
            unchecked.is_ok(),
            has_a_check(name, *fault),
            "{name}: {unchecked:?}"
        );
        assert_eq!(FORGE.verify(&token).err(), Some(*fault), "{name}");
        let_in += u32::from(unchecked.is_ok());
    }
    assert!(let_in >= 38, "only {let_in}");
}

#[test]
fn good_tokens_are_accepted() {
    let name = |claims: Claims| (claims.issuer, claims.subject, claims.id, claims.room);
    let words = |issuer: &str, subject: &str, id: &str| {
        (
            issuer.to_owned(),
            subject.to_owned(),
            format!("{issuer}\n{id}"),
        )
    };
    for (issuer, token) in [
        ("ed", ed(json!({}))),
        ("rs", rs(Algorithm::RS256, json!({}))),
    ] {
        let (iss, sub, id, room) = FORGE.verify(&token).map(name).unwrap();
        assert_eq!((iss, sub, id), words(issuer, "ann", "7"));
        assert_eq!(room.as_deref(), Some("main"));
    }
    let roomy = ed(json!({"role": "bot", "aud": ["x", "game"], "exp": NOW.0 - 29}));
    let claims = FORGE.verify(&roomy).unwrap();
    assert_eq!(
        (claims.room.as_deref(), claims.role),
        (Some("main"), Role::Bot)
    );
    let web = by_the_web_issuer("web", json!({"name": "Ann"}));
    assert_eq!(FORGE.verify(&web).unwrap().name.as_deref(), Some("Ann"));
    assert_eq!(FORGE.tokens.own_account(&FORGE.verify(&web).unwrap()), None);
}

/// Where the operator says so; and one that is for one room all the same is for that one.
#[test]
fn an_issuer_for_any_room_need_not_name_one() {
    let all = |room| json!({"room": room, "aud": "game/*"});
    for (token, room) in [
        (ed(json!({"iss": "fair", "room": null})), None),
        (ed(json!({"iss": "fair", "room": "*"})), None),
        (ed(json!({"iss": "fair"})), Some("main")),
        (by_the_web_issuer("shop", all(json!(null))), None),
        (by_the_web_issuer("shop", all(json!("*"))), None),
        (by_the_web_issuer("shop", json!({})), Some("main")),
    ] {
        let claims = FORGE.verify(&token).expect(&token);
        assert_eq!(claims.room.as_deref(), room, "{token}");
    }
}

/// Whoever wants any room is sent to the one of the token: it must be a room's name.
#[test]
fn a_token_for_what_no_room_is_called_is_refused() {
    let judge = |room: &str| {
        let token = ed(json!({"room": room}));
        FORGE.tokens.verify(&token, None, NOW)
    };
    assert_eq!(judge("main").unwrap().room.as_deref(), Some("main"));
    for room in ["", " main", "ma\u{202e}in", &"x".repeat(49)] {
        assert_eq!(judge(room).err(), Some(Claim), "{room}");
        assert!(without(Claim, || judge(room)).is_ok(), "{room}");
    }
}

#[test]
fn a_token_of_this_server_is_good_for_a_minute_and_says_who() {
    let mint = |room: &str| {
        FORGE
            .tokens
            .mint(AccountId(5), "Ann", Role::Moderator, room, NOW, 7)
    };
    let token = mint("main").unwrap();
    let claims = FORGE.verify(token.reveal()).unwrap();
    assert_eq!(FORGE.tokens.own_account(&claims), Some(AccountId(5)));
    assert_eq!(
        (claims.role, claims.room.as_deref()),
        (Role::Moderator, Some("main"))
    );
    let late = |seconds| {
        let now = WallTime(NOW.0 + seconds);
        FORGE.tokens.verify(token.reveal(), Some("main"), now).err()
    };
    assert_eq!((late(89), late(90)), (None, Some(Expired)));
    let other = || FORGE.tokens.verify(token.reveal(), Some("duel"), NOW);
    assert_eq!(other().err(), Some(Room));
    assert!(without(Room, other).is_ok(), "it would open any room");
    assert!(FORGE.tokens.verify(token.reveal(), None, NOW).is_ok());
}

/// A JWT without a number is known by what was signed.
#[test]
fn a_token_without_a_number_has_one_all_the_same() {
    let id = |token: &str| FORGE.verify(token).unwrap().id;
    let (one, same) = (ed(json!({"jti": null})), ed(json!({"jti": null})));
    assert_eq!(id(&one), id(&same));
    assert_ne!(id(&one), id(&ed(json!({"jti": null, "exp": NOW.0 + 601}))));
}

fn at(seconds: i64) -> String {
    crate::auth::rfc3339::text(NOW.0.saturating_add_signed(seconds))
}

fn in_room(room: &str) -> String {
    own(json!({"room": room, "aud": for_room(room)}))
}

/// The audience of this server's tokens for a room.
fn for_room(room: &str) -> String {
    format!("{}/{room}", FORGE.own.server_id())
}

/// By the key that signs for two issuers of PASETO.
fn by_the_web_issuer(issuer: &str, change: Value) -> String {
    paseto(&FORGE.web, &paseto_body(issuer, "game", change))
}

fn by_the_web_issuer_as_this_server() -> String {
    let id = FORGE.own.server_id();
    paseto(&FORGE.web, &paseto_body(id, id, json!({})))
}

fn unsigned(algorithm: &str, signature: impl AsRef<str>) -> String {
    let header = base64url(json!({"alg": algorithm}).to_string().as_bytes());
    let body = base64url(body("ed", json!({})).to_string().as_bytes());
    format!("{header}.{body}.{}", signature.as_ref())
}

fn signature_of(token: &str) -> String {
    token.rsplit('.').next().unwrap().to_owned()
}

fn hmac(issuer: &str) -> String {
    let key = EncodingKey::from_secret(FORGE.rsa_public.as_bytes());
    let body = body(issuer, json!({})).to_string();
    jwt(&json!({"alg": "HS256"}), &body, &key, Algorithm::HS256)
}

fn twice(claim: &str) -> String {
    let body = body("ed", json!({})).to_string();
    let body = body.replacen('{', &format!("{{\"{claim}\":1,"), 1);
    jwt(&json!({"alg": "EdDSA"}), &body, &FORGE.ed, Algorithm::EdDSA)
}

/// Signed by a stranger, with something in the header that points to the stranger's key.
fn strange(mut header: Value) -> String {
    merge(&mut header, json!({"alg": "EdDSA"}));
    headed(header, &FORGE.stranger)
}

fn shorter(token: &str, by: usize) -> String {
    token[..token.len() - by].to_owned()
}

fn first_parts(token: &str, count: usize) -> String {
    let parts: Vec<&str> = token.split('.').take(count).collect();
    parts.join(".")
}

fn spliced() -> String {
    let (one, other) = (ed(json!({"sub": "admin"})), ed(json!({})));
    format!("{}.{}", first_parts(&one, 2), signature_of(&other))
}
