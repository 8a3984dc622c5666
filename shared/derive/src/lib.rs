//! `#[derive(Replicate)]`.

use proc_macro::TokenStream;

/// Describes a type to Tickwire.
#[proc_macro_derive(Replicate, attributes(net))]
pub fn replicate(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}
