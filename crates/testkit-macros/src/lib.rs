//! The attributes of `meeshy-testkit`. Each turns a function into several tests, one for each kind of database.
//!
//! The function stays as it is, so errors are reported where they are. The tests are in a module with its
//! name: `<function>::sqlite`, `<function>::postgres`.

use proc_macro::TokenStream;
use quote::{format_ident, quote};
use syn::punctuated::Punctuated;
use syn::{Error, ItemFn, Meta, Token, parse_macro_input};

/// Tests a function with a value that is set up on an empty database: a `Database`, or for an `async`
/// function any type that is `OnDatabase`. Arguments are those of `#[tokio::test]`.
#[proc_macro_attribute]
pub fn both_databases(arguments: TokenStream, item: TokenStream) -> TokenStream {
    tests(&["sqlite", "postgres"], arguments, item)
}

/// The same, also on a PostgreSQL database whose locale knows letters beyond ASCII.
#[proc_macro_attribute]
pub fn every_locale(arguments: TokenStream, item: TokenStream) -> TokenStream {
    tests(&["sqlite", "postgres", "postgres_in_c_utf8"], arguments, item)
}

/// Keeps the function, and adds a test that calls it for each of these constructors of `Database`.
fn tests(kinds: &[&str], arguments: TokenStream, item: TokenStream) -> TokenStream {
    let arguments = parse_macro_input!(arguments with Punctuated::<Meta, Token![,]>::parse_terminated);
    let function = parse_macro_input!(item as ItemFn);
    let name = &function.sig.ident;
    if function.sig.inputs.len() != 1 {
        let message = "expected one argument, which is set up on a database";
        return Error::new_spanned(&function.sig, message).into_compile_error().into();
    }
    let tests = kinds.iter().map(|kind| {
        let kind = format_ident!("{kind}");
        if function.sig.asyncness.is_some() {
            quote! {
                #[::tokio::test(#arguments)]
                async fn #kind() {
                    let database = ::meeshy_testkit::Database::#kind();
                    ::meeshy_testkit::run_on(database, super::#name).await;
                }
            }
        } else {
            quote! {
                #[test]
                fn #kind() {
                    super::#name(::meeshy_testkit::Database::#kind());
                }
            }
        }
    });
    quote! {
        #function

        mod #name {
            #(#tests)*
        }
    }
    .into()
}
