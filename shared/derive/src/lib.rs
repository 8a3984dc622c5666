//! `#[derive(Replicate)]`: describes a Rust type to Tickwire as kinds and fields, and writes how it
//! becomes a row of words and comes back.
//!
//! Never decides how a row is laid out beyond "by audience, then by id", and never quantises: the
//! schema and the quantiser of `tickwire-shared` do.
//!
//! On fields, all in `#[net(...)]`:
//!
//! | attribute | meaning |
//! |---|---|
//! | `id = n` | required; unique in its kind, never reused |
//! | `range = a..=b` | floats: required; whole numbers: the type's own range unless given |
//! | `step = x` | floats: required; step on the wire at level Full, in the value's unit |
//! | `bits = n` | whole numbers: 0 to 2^n - 1; angles and `Quat`: bits at level Full, required |
//! | `angle` | this `f32` is an angle in radians and wraps |
//! | `fine = n` | the mirror is 2^n times finer than level Full; 4 unless given |
//! | `only = owner`, `only = server` | who else may know it; the type must be `Option<T>` |
//! | `smooth = linear`, `angle`, `reckon`, `step` | how it is drawn; `step` unless given |
//! | `predict` | the owner's client predicts it |
//! | `position` | the entity's place in space |
//! | `velocity_of = field` | the velocity of that position, in units per second |
//! | `heading_of = field` | the angle along which that velocity points |
//! | `edge` | inputs: a tap, cleared when an input is repeated |
//! | `since = n` | protocol version of the game since which it exists |
//!
//! An `only` field must be `Some` on the side that knows it; `None` there reads back as the range's
//! start.
//!
//! On a struct or a variant with fields: `motion = linear`,
//! `motion = ballistic(axis = y, acceleration = -9.8)`, and `fine = n` as the default of its fields
//! (`fine = 0` suits inputs, events and rules, which are always sent whole).

mod attributes;
mod field;
mod kind;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Result, parse_macro_input};

use kind::Kind;

/// Describes a type to Tickwire; see the crate's documentation for the attributes.
#[proc_macro_derive(Replicate, attributes(net))]
pub fn replicate(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

fn expand(input: &DeriveInput) -> Result<proc_macro2::TokenStream> {
    match &input.data {
        _ if !input.generics.params.is_empty() => Err(Error::new_spanned(
            &input.generics,
            "a replicated type has no generics: its schema is one fixed list",
        )),
        Data::Struct(data) => write_struct(input, &data.fields),
        Data::Enum(data) => kind::write_enum(input, data),
        Data::Union(_) => Err(Error::new_spanned(
            &input.ident,
            "a union cannot be replicated",
        )),
    }
}

fn write_struct(input: &DeriveInput, fields: &Fields) -> Result<proc_macro2::TokenStream> {
    let name = &input.ident;
    let kind = Kind::parse(name, &input.attrs, fields)?;
    let (consts, def) = (kind.consts(0), kind.def(0));
    let (pattern, store) = (kind.pattern(), kind.store(0));
    let fetch = kind.fetch(&quote!(#name), 0);
    Ok(kind::implement(
        name,
        &consts,
        &quote!(&[#def]),
        &quote!(::tickwire_shared::id::KindId(0)),
        &quote! { let Self #pattern = self; #store },
        &quote! {
            if kind.0 != 0 {
                return ::core::option::Option::None;
            }
            #fetch
        },
    ))
}
