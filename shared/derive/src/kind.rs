//! One kind (a struct, or a variant with fields) and enums of kinds.
//!
//! Never orders words itself beyond "by audience, then by id", as `Schema::compile` does.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, DataEnum, DeriveInput, Error, Fields, Ident, Result};

use crate::attributes::KindAttributes;
use crate::field::Field;

/// A kind as the derive understands it; fields are sorted by id.
pub struct Kind {
    name: Ident,
    motion: TokenStream,
    fields: Vec<Field>,
}

impl Kind {
    pub fn parse(name: &Ident, attributes: &[Attribute], fields: &Fields) -> Result<Kind> {
        let attributes = KindAttributes::parse(attributes)?;
        if let Fields::Unnamed(unnamed) = fields {
            return Err(Error::new_spanned(unnamed, "replicated fields have names"));
        }
        let mut parsed: Vec<Field> = Vec::new();
        for field in fields {
            let field = Field::parse(field, attributes.fine.as_ref())?;
            if let Some(other) = parsed.iter().find(|other| other.id == field.id) {
                let why = format!("id {} is taken by `{}`", field.id, other.name);
                let span = field.attributes.id.as_ref().map(|(_, id)| id.span());
                return Err(Error::new(span.unwrap_or_else(|| field.name.span()), why));
            }
            parsed.push(field);
        }
        check_references(&parsed)?;
        parsed.sort_by_key(|field| field.id);
        let motion = attributes
            .motion
            .unwrap_or_else(|| quote!(::tickwire_shared::schema::Motion::Free));
        Ok(Kind {
            name: name.clone(),
            motion,
            fields: parsed,
        })
    }

    /// The constant list of fields, and assertions on them.
    pub fn consts(&self, at: usize) -> TokenStream {
        let list = list_name(at);
        let defs = self.fields.iter().map(Field::def);
        let assertions = self.fields.iter().map(|field| &field.assertion);
        quote! {
            const #list: &[::tickwire_shared::schema::FieldDef] = &[#(#defs),*];
            const _: () = { #(#assertions)* };
        }
    }

    /// The `KindDef`.
    pub fn def(&self, at: usize) -> TokenStream {
        let (name, list, motion) = (self.name.to_string(), list_name(at), &self.motion);
        quote! {
            ::tickwire_shared::schema::KindDef { name: #name, fields: #list, motion: #motion }
        }
    }

    /// A pattern that binds every field to a local name.
    pub fn pattern(&self) -> TokenStream {
        let bindings = self.fields.iter().enumerate().map(|(at, field)| {
            let (name, local) = (&field.name, local_name(at));
            quote!(#name: #local)
        });
        quote!({ #(#bindings),* })
    }

    /// Statements that write the bound fields into `row`.
    pub fn store(&self, at: usize) -> TokenStream {
        let list = list_name(at);
        let statements = self.in_row_order().map(|(index, field)| {
            let (part, local, value) = (part_name(field), local_name(index), &field.value);
            let words = quote! {
                let (words, rest) = #part.split_at_mut(
                    <#value as ::tickwire_shared::replicate::FieldValue>::WORDS,
                );
                #part = rest;
            };
            let put = quote! {
                ::tickwire_shared::replicate::FieldValue::put(value, &#list[#index].shape, words);
            };
            if field.attributes.only.is_some() {
                quote! {
                    #words
                    match #local {
                        ::core::option::Option::Some(value) => { #put }
                        ::core::option::Option::None => words.fill(0),
                    }
                }
            } else {
                quote! { #words let value = #local; #put }
            }
        });
        quote! {
            let ::tickwire_shared::replicate::RowMut {
                mut public, mut owner, mut server
            } = row;
            #(#statements)*
            let _ = (public, owner, server);
        }
    }

    /// An expression of type `Option<Self>` that reads `row`.
    pub fn fetch(&self, path: &TokenStream, at: usize) -> TokenStream {
        let list = list_name(at);
        let statements = self.in_row_order().map(|(index, field)| {
            let (part, local, value) = (part_name(field), local_name(index), &field.value);
            let get = quote! {
                let (words, rest) = part.split_at_checked(
                    <#value as ::tickwire_shared::replicate::FieldValue>::WORDS,
                )?;
                let value = <#value as ::tickwire_shared::replicate::FieldValue>::get(
                    &#list[#index].shape,
                    words,
                );
            };
            if field.attributes.only.is_some() {
                quote! {
                    let #local = if let ::core::option::Option::Some(part) = #part {
                        #get
                        #part = ::core::option::Option::Some(rest);
                        ::core::option::Option::Some(value)
                    } else {
                        ::core::option::Option::None
                    };
                }
            } else {
                quote! {
                    let #local = { let part = #part; #get #part = rest; value };
                }
            }
        });
        let pattern = self.pattern();
        quote! {{
            let ::tickwire_shared::replicate::RowRef {
                mut public, mut owner, mut server
            } = row;
            #(#statements)*
            let _ = (public, owner, server);
            ::core::option::Option::Some(#path #pattern)
        }}
    }

    /// Fields with their index in the sorted list, grouped by audience.
    fn in_row_order(&self) -> impl Iterator<Item = (usize, &Field)> {
        let audiences = ["All", "Owner", "Server"];
        audiences.into_iter().flat_map(|audience| {
            let fields = self.fields.iter().enumerate();
            fields.filter(move |(_, field)| field.audience() == audience)
        })
    }
}

fn check_references(fields: &[Field]) -> Result<()> {
    for field in fields {
        let attributes = &field.attributes;
        for named in [&attributes.velocity_of, &attributes.heading_of] {
            if let Some(named) = named
                && !fields.iter().any(|other| other.name == *named)
            {
                return Err(Error::new(named.span(), "no field of this kind"));
            }
        }
    }
    Ok(())
}

fn list_name(at: usize) -> Ident {
    format_ident!("FIELDS_{at}")
}

fn local_name(at: usize) -> Ident {
    format_ident!("field_{at}")
}

fn part_name(field: &Field) -> Ident {
    Ident::new(
        match field.audience() {
            "All" => "public",
            "Owner" => "owner",
            _ => "server",
        },
        Span::call_site(),
    )
}

/// An enum: variants hold one replicated type each, or are kinds themselves.
pub fn write_enum(input: &DeriveInput, data: &DataEnum) -> Result<TokenStream> {
    if data.variants.is_empty() {
        return Err(Error::new_spanned(
            &input.ident,
            "an enum needs a variant; use `()` for nothing",
        ));
    }
    let replicate = quote!(::tickwire_shared::replicate::Replicate);
    let (mut consts, mut lists) = (TokenStream::new(), Vec::new());
    let (mut kinds, mut stores, mut fetches) = (Vec::new(), Vec::new(), Vec::new());
    for (at, variant) in data.variants.iter().enumerate() {
        let (name, first, next) = (&variant.ident, first_name(at), first_name(at + 1));
        let length = match &variant.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                let ty = &fields.unnamed[0].ty;
                lists.push(quote!(<#ty as #replicate>::KINDS));
                kinds.push(quote!(Self::#name(inner) => #first + #replicate::kind(inner).0));
                stores.push(quote!(Self::#name(inner) => #replicate::store(inner, row),));
                fetches.push(quote!(if kind.0 < #next {
                    let kind = ::tickwire_shared::id::KindId(kind.0 - #first);
                    return <#ty as #replicate>::fetch(kind, row).map(Self::#name);
                }));
                quote!(<#ty as #replicate>::KINDS.len() as u8)
            }
            fields => {
                let kind = Kind::parse(name, &variant.attrs, fields)?;
                consts.extend(kind.consts(at));
                let (def, pattern, store) = (kind.def(at), kind.pattern(), kind.store(at));
                let fetch = kind.fetch(&quote!(Self::#name), at);
                lists.push(quote!(&[#def]));
                kinds.push(quote!(Self::#name { .. } => #first));
                stores.push(quote!(Self::#name #pattern => { #store }));
                fetches.push(quote!(if kind.0 < #next { return #fetch; }));
                quote!(1u8)
            }
        };
        consts.extend(quote!(const #next: u8 = #first + #length;));
    }
    let count = first_name(data.variants.len());
    Ok(implement(
        &input.ident,
        &quote!(const FIRST_0: u8 = 0; #consts),
        &quote! {
            &::tickwire_shared::replicate::concat_kinds::<{ #count as usize }>(&[#(#lists),*])
        },
        &quote!(::tickwire_shared::id::KindId(match self { #(#kinds),* })),
        &quote!(match self { #(#stores)* }),
        &quote! { #(#fetches)* ::core::option::Option::None },
    ))
}

fn first_name(at: usize) -> Ident {
    format_ident!("FIRST_{at}")
}

/// The impl, with its constants out of everybody's sight.
pub fn implement(
    name: &Ident,
    consts: &TokenStream,
    kinds: &TokenStream,
    kind: &TokenStream,
    store: &TokenStream,
    fetch: &TokenStream,
) -> TokenStream {
    quote! {
        #[allow(
            clippy::all, clippy::pedantic, unused_mut, unused_variables, unused_assignments,
            reason = "generated: kinds without fields or audiences leave names unused"
        )]
        const _: () = {
            #consts

            #[automatically_derived]
            impl ::tickwire_shared::replicate::Replicate for #name {
                const KINDS: &'static [::tickwire_shared::schema::KindDef] = #kinds;

                fn kind(&self) -> ::tickwire_shared::id::KindId {
                    #kind
                }

                fn store(&self, row: ::tickwire_shared::replicate::RowMut<'_>) {
                    #store
                }

                fn fetch(
                    kind: ::tickwire_shared::id::KindId,
                    row: ::tickwire_shared::replicate::RowRef<'_>,
                ) -> ::core::option::Option<Self> {
                    #fetch
                }
            }
        };
    }
}
