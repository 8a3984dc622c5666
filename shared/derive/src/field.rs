//! One field: its type, its attributes, and the `FieldDef` they make.
//!
//! Never checks numbers against each other (ranges, steps, rates): the schema lint does.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Error, GenericArgument, Ident, LitInt, PathArguments, Result, Type};

use crate::attributes::FieldAttributes;

/// A field as the derive understands it.
pub struct Field {
    pub name: Ident,
    /// The type that becomes words: the inner one of an `only` field.
    pub value: Type,
    pub attributes: FieldAttributes,
    /// The number of `id`.
    pub id: u8,
    shape: TokenStream,
    /// Assertions about the type's own range.
    pub assertion: TokenStream,
}

impl Field {
    pub fn parse(field: &syn::Field, fine: Option<&LitInt>) -> Result<Field> {
        let Some(name) = field.ident.clone() else {
            return Err(Error::new_spanned(field, "replicated fields have names"));
        };
        let attributes = FieldAttributes::parse(&field.attrs)?;
        let Some((id, _)) = attributes.id.clone() else {
            return Err(Error::new(
                name.span(),
                "this field needs #[net(id = n, ...)]",
            ));
        };
        let value = match (&attributes.only, inner_of_option(&field.ty)) {
            (Some(_), Some(inner)) => inner.clone(),
            (Some(_), None) => {
                return Err(Error::new_spanned(
                    &field.ty,
                    "a field with `only` is Option<T>: None where it is not known",
                ));
            }
            (None, _) => field.ty.clone(),
        };
        let fine = attributes.fine.as_ref().or(fine);
        let fine = fine.map_or_else(|| quote!(4), ToTokens::to_token_stream);
        let shape = shape(&value, &attributes, &fine)?;
        let assertion = assertion(&value, &attributes);
        Ok(Field {
            name,
            value,
            attributes,
            id,
            shape,
            assertion,
        })
    }

    /// The audience as a variant's name.
    pub fn audience(&self) -> &'static str {
        match &self.attributes.only {
            Some(only) if only == "owner" => "Owner",
            Some(_) => "Server",
            None => "All",
        }
    }

    /// The `FieldDef`.
    pub fn def(&self) -> TokenStream {
        let (id, name, shape) = (self.id, self.name.to_string(), &self.shape);
        let audience = Ident::new(self.audience(), self.name.span());
        let smoothing = self.smoothing();
        let velocity_of = optional_name(self.attributes.velocity_of.as_ref());
        let heading_of = optional_name(self.attributes.heading_of.as_ref());
        let FieldAttributes {
            predict,
            position,
            edge,
            ..
        } = self.attributes;
        let since = match &self.attributes.since {
            Some(since) => quote!(#since),
            None => quote!(0),
        };
        quote! {
            ::tickwire_shared::schema::FieldDef {
                id: #id,
                name: #name,
                shape: #shape,
                audience: ::tickwire_shared::schema::Audience::#audience,
                smoothing: ::tickwire_shared::schema::Smoothing::#smoothing,
                predict: #predict,
                position: #position,
                velocity_of: #velocity_of,
                heading_of: #heading_of,
                edge: #edge,
                since: #since,
            }
        }
    }

    fn smoothing(&self) -> Ident {
        let span = self.name.span();
        let written = self.attributes.smooth.as_ref().map(Ident::to_string);
        match written.as_deref() {
            Some("linear") => Ident::new("Linear", span),
            Some("angle") => Ident::new("Angle", span),
            Some("reckon") => Ident::new("Reckon", span),
            _ => Ident::new("Step", span),
        }
    }
}

fn optional_name(name: Option<&Ident>) -> TokenStream {
    match name {
        Some(name) => {
            let name = name.to_string();
            quote!(::core::option::Option::Some(#name))
        }
        None => quote!(::core::option::Option::None),
    }
}

/// The last part of a path type, which is what the supported types are known by.
fn type_name(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map_or_else(String::new, |segment| segment.ident.to_string()),
        _ => String::new(),
    }
}

fn inner_of_option(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let segment = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(inner) if segment.ident == "Option" => Some(inner),
        _ => None,
    }
}

fn shape(ty: &Type, attributes: &FieldAttributes, fine: &TokenStream) -> Result<TokenStream> {
    let path = quote!(::tickwire_shared::schema::Shape);
    let name = type_name(ty);
    let numeric = attributes.range.is_some() || attributes.bits.is_some();
    if let Some(angle) = attributes.angle.as_ref().filter(|_| name != "f32") {
        return Err(Error::new(angle.span(), "an angle is an f32, in radians"));
    }
    match name.as_str() {
        "f32" if attributes.angle.is_some() => {
            let bits = bits(ty, attributes)?;
            Ok(quote!(#path::Angle { bits: #bits, fine: #fine }))
        }
        "f32" => float_shape(ty, attributes, fine, &quote!(#path::Scalar)),
        "Vec2" => float_shape(ty, attributes, fine, &quote!(#path::Vec2)),
        "Vec3" => float_shape(ty, attributes, fine, &quote!(#path::Vec3)),
        "Quat" => {
            let bits = bits(ty, attributes)?;
            Ok(quote!(#path::Quat { bits: #bits, fine: #fine }))
        }
        "u8" | "u16" | "u32" | "i8" | "i16" | "i32" => int_shape(ty, &name, attributes, &path),
        "bool" | "PlayerId" | "Option" if numeric => Err(Error::new_spanned(
            ty,
            "this type has one fixed shape: no range, no bits",
        )),
        "bool" => Ok(quote!(#path::Bool)),
        "PlayerId" => Ok(quote!(#path::Player)),
        "Option" => match inner_of_option(ty).map(type_name).as_deref() {
            Some("PlayerId") => Ok(quote!(#path::Player)),
            Some("EntityId") => Ok(quote!(#path::Entity)),
            _ => Err(Error::new_spanned(
                ty,
                "Option is for PlayerId, EntityId and fields with `only = owner` or `server`",
            )),
        },
        _ => Err(Error::new_spanned(
            ty,
            "a field is f32, Vec2, Vec3, Quat, u8, u16, u32, i8, i16, i32, bool, PlayerId, \
             Option<PlayerId> or Option<EntityId>",
        )),
    }
}

fn bits<'a>(ty: &Type, attributes: &'a FieldAttributes) -> Result<&'a LitInt> {
    attributes
        .bits
        .as_ref()
        .ok_or_else(|| Error::new_spanned(ty, "needs `bits = n`"))
}

fn float_shape(
    ty: &Type,
    attributes: &FieldAttributes,
    fine: &TokenStream,
    variant: &TokenStream,
) -> Result<TokenStream> {
    let (Some((min, max)), Some(step)) = (&attributes.range, &attributes.step) else {
        return Err(Error::new_spanned(
            ty,
            "a float needs `range = a..=b, step = x`, or `angle, bits = n`",
        ));
    };
    Ok(quote! {
        #variant(::tickwire_shared::schema::Range {
            min: (#min) as f64,
            max: (#max) as f64,
            step: (#step) as f64,
            fine: #fine,
        })
    })
}

fn int_shape(
    ty: &Type,
    name: &str,
    attributes: &FieldAttributes,
    path: &TokenStream,
) -> Result<TokenStream> {
    match (&attributes.range, &attributes.bits) {
        (Some((min, max)), None) => {
            Ok(quote!(#path::Int { min: (#min) as i64, max: (#max) as i64 }))
        }
        (None, Some(bits)) if bits.base10_parse::<u8>()? <= 32 => {
            Ok(quote!(#path::Int { min: 0, max: (1i64 << #bits) - 1 }))
        }
        (None, Some(bits)) => Err(Error::new(bits.span(), "at most 32 bits")),
        (None, None) if !matches!(name, "u32" | "i32") => {
            Ok(quote!(#path::Int { min: <#ty>::MIN as i64, max: <#ty>::MAX as i64 }))
        }
        (None, None) => Err(Error::new_spanned(
            ty,
            "needs `range = a..=b` or `bits = n`",
        )),
        (Some(_), Some(bits)) => Err(Error::new(bits.span(), "either range or bits")),
    }
}

/// That the declared whole numbers exist in the field's type.
fn assertion(ty: &Type, attributes: &FieldAttributes) -> TokenStream {
    let whole = matches!(
        type_name(ty).as_str(),
        "u8" | "u16" | "u32" | "i8" | "i16" | "i32"
    );
    let (first, last) = match (&attributes.range, &attributes.bits) {
        (Some((first, last)), _) if whole => (quote!((#first) as i64), quote!((#last) as i64)),
        (None, Some(bits)) if whole => (quote!(0i64), quote!((1i64 << #bits) - 1)),
        _ => return TokenStream::new(),
    };
    quote! {
        ::core::assert!(
            #first >= <#ty>::MIN as i64 && #last <= <#ty>::MAX as i64,
            "the declared range does not fit the field's type"
        );
    }
}
