//! What may stand in `#[net(...)]`.
//!
//! Never looks at the field's type: `field.rs` checks that type and attributes fit.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, ExprCall, Ident, LitInt, RangeLimits, Result};

/// The attributes of a field.
#[derive(Default)]
pub struct FieldAttributes {
    pub id: Option<(u8, LitInt)>,
    pub range: Option<(Expr, Expr)>,
    pub step: Option<Expr>,
    pub bits: Option<LitInt>,
    pub angle: Option<Ident>,
    pub fine: Option<LitInt>,
    pub only: Option<Ident>,
    pub smooth: Option<Ident>,
    pub predict: bool,
    pub position: bool,
    pub velocity_of: Option<Ident>,
    pub heading_of: Option<Ident>,
    pub edge: bool,
    pub since: Option<LitInt>,
}

impl FieldAttributes {
    pub fn parse(attributes: &[Attribute]) -> Result<FieldAttributes> {
        let mut parsed = FieldAttributes::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("net")) {
            attribute.parse_nested_meta(|meta| parsed.one(&meta))?;
        }
        Ok(parsed)
    }

    fn one(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let Some(name) = meta.path.get_ident() else {
            return Err(meta.error("unknown attribute"));
        };
        match name.to_string().as_str() {
            "id" => {
                let number: LitInt = meta.value()?.parse()?;
                self.id = Some((number.base10_parse()?, number));
            }
            "range" => self.range = Some(range(&meta.value()?.parse()?)?),
            "step" => self.step = Some(meta.value()?.parse()?),
            "bits" => self.bits = Some(meta.value()?.parse()?),
            "angle" => self.angle = Some(name.clone()),
            "fine" => self.fine = Some(fine(meta)?),
            "only" => self.only = Some(one_of(meta, &["owner", "server"])?),
            "smooth" => {
                self.smooth = Some(one_of(meta, &["linear", "angle", "reckon", "step"])?);
            }
            "predict" => self.predict = true,
            "position" => self.position = true,
            "velocity_of" => self.velocity_of = Some(meta.value()?.parse()?),
            "heading_of" => self.heading_of = Some(meta.value()?.parse()?),
            "edge" => self.edge = true,
            "since" => {
                let number: LitInt = meta.value()?.parse()?;
                number.base10_parse::<u16>()?;
                self.since = Some(number);
            }
            _ => return Err(meta.error("unknown attribute of a field")),
        }
        Ok(())
    }
}

/// The attributes of a kind.
#[derive(Default)]
pub struct KindAttributes {
    pub motion: Option<TokenStream>,
    pub fine: Option<LitInt>,
}

impl KindAttributes {
    pub fn parse(attributes: &[Attribute]) -> Result<KindAttributes> {
        let mut parsed = KindAttributes::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("net")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("motion") {
                    parsed.motion = Some(motion(&meta.value()?.parse()?)?);
                } else if meta.path.is_ident("fine") {
                    parsed.fine = Some(fine(&meta)?);
                } else {
                    return Err(meta.error("unknown attribute of a kind: motion or fine"));
                }
                Ok(())
            })?;
        }
        Ok(parsed)
    }
}

fn fine(meta: &ParseNestedMeta<'_>) -> Result<LitInt> {
    let number: LitInt = meta.value()?.parse()?;
    if number.base10_parse::<u8>()? > 16 {
        return Err(Error::new(number.span(), "fine is at most 16"));
    }
    Ok(number)
}

fn one_of(meta: &ParseNestedMeta<'_>, names: &[&str]) -> Result<Ident> {
    let name: Ident = meta.value()?.parse()?;
    if names.iter().any(|known| name == known) {
        return Ok(name);
    }
    let why = format!("expected one of: {}", names.join(", "));
    Err(Error::new(name.span(), why))
}

fn range(expression: &Expr) -> Result<(Expr, Expr)> {
    if let Expr::Range(range) = expression
        && let RangeLimits::Closed(_) = range.limits
        && let (Some(start), Some(end)) = (&range.start, &range.end)
    {
        return Ok((start.as_ref().clone(), end.as_ref().clone()));
    }
    Err(Error::new(expression.span(), "expected `first..=last`"))
}

fn motion(expression: &Expr) -> Result<TokenStream> {
    let motion = quote!(::tickwire_shared::schema::Motion);
    match expression {
        Expr::Path(path) if path.path.is_ident("linear") => Ok(quote!(#motion::Linear)),
        Expr::Call(call) if call.func.to_token_stream().to_string() == "ballistic" => {
            let (axis, acceleration) = ballistic(call)?;
            Ok(quote!(#motion::Ballistic { axis: #axis, acceleration: (#acceleration) as f64 }))
        }
        other => Err(Error::new(
            other.span(),
            "expected `linear` or `ballistic(axis = y, acceleration = -9.8)`",
        )),
    }
}

fn ballistic(call: &ExprCall) -> Result<(u8, Expr)> {
    let (mut axis, mut acceleration) = (None, None);
    for argument in &call.args {
        let Expr::Assign(assign) = argument else {
            return Err(Error::new(argument.span(), "expected `name = value`"));
        };
        let value = assign.right.as_ref();
        let written = value.to_token_stream().to_string();
        match assign.left.to_token_stream().to_string().as_str() {
            "axis" => axis = ["x", "y", "z"].iter().position(|name| written == *name),
            "acceleration" => acceleration = Some(value.clone()),
            _ => return Err(Error::new(assign.left.span(), "axis or acceleration")),
        }
    }
    match (axis, acceleration) {
        (Some(axis), Some(acceleration)) => Ok((axis as u8, acceleration)),
        _ => Err(Error::new(
            call.span(),
            "ballistic needs `axis = x|y|z` and `acceleration = units/s²`",
        )),
    }
}
