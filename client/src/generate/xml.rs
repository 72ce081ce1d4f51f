//! The module `xml` of a client: what the document says of its XML, as tables that `wire` reads and writes by.

use counterfoil_openapi::Schema;
use counterfoil_openapi::codec::{XmlKinds, XmlMember, XmlName, XmlRole, XmlRoot, XmlRow, XmlTable};
use proc_macro2::TokenStream;
use quote::quote;

/// The XML bodies of one client.
#[derive(Debug, Default)]
pub(crate) struct Xml<'d> {
    table: XmlTable<'d>,
    roots: Vec<XmlRoot>,
}

impl<'d> Xml<'d> {
    /// The number of a body, the same for bodies that are alike.
    pub(crate) fn root(&mut self, schema: &'d Schema) -> usize {
        let root = self.table.add(schema);
        self.roots.iter().position(|known| *known == root).unwrap_or_else(|| {
            self.roots.push(root);
            self.roots.len() - 1
        })
    }

    /// The source of the module; nothing where no body is XML.
    pub(crate) fn module(&self) -> Option<syn::File> {
        if self.roots.is_empty() {
            return None;
        }
        let rows = self.table.rows().iter().map(row);
        let roots = self.roots.iter().map(root);
        let (row_count, root_count) = (self.table.rows().len(), self.roots.len());
        Some(syn::parse_quote! {
            use crate::wire::xml::{Member, Name, Role, Root, Row};

            /// Reads a reply.
            pub(crate) async fn reply<T: ::serde::de::DeserializeOwned, E>(
                response: ::reqwest::Response,
                root: usize,
            ) -> ::std::result::Result<::progenitor_client::ResponseValue<T>, ::progenitor_client::Error<E>> {
                crate::wire::xml::read(response, &ROWS, &ROOTS[root]).await
            }

            /// Writes a body.
            pub(crate) fn body<T: ::serde::Serialize + ?Sized>(
                body: &T,
                root: usize,
            ) -> ::std::result::Result<::std::string::String, ::std::string::String> {
                crate::wire::xml::text(body, &ROWS, &ROOTS[root])
            }

            static ROOTS: [Root; #root_count] = [#(#roots),*];

            static ROWS: [Row; #row_count] = [#(#rows),*];
        })
    }
}

fn root(root: &XmlRoot) -> TokenStream {
    let (row, name, item) = (root.row, named(&root.name), named(&root.item));
    quote!(Root { row: #row, name: #name, item: #item })
}

fn row(row: &XmlRow) -> TokenStream {
    let kinds = bits(row.kinds);
    let item = match &row.item {
        Some((row, name)) => {
            let name = named(name);
            quote!(Some((#row, #name)))
        }
        None => quote!(None),
    };
    let members = row.members.iter().map(member);
    let others = row.others;
    quote!(Row { kinds: #kinds, item: #item, members: &[#(#members),*], others: #others })
}

/// The set as `wire` has it.
fn bits(kinds: XmlKinds) -> u8 {
    let each = [kinds.null, kinds.boolean, kinds.number, kinds.string, kinds.array, kinds.object];
    each.iter().enumerate().fold(0, |bits, (place, is_in)| bits | (u8::from(*is_in) << place))
}

fn member(member: &XmlMember) -> TokenStream {
    let (property, row, name) = (&member.property, member.row, named(&member.name));
    let role = match member.role {
        XmlRole::Attribute => quote!(Role::Attribute),
        XmlRole::Text => quote!(Role::Text),
        _ => quote!(Role::Element),
    };
    let other_name = member.other_name.as_deref().unwrap_or_default();
    let (is_repeated, is_required) = (member.is_repeated, member.is_required);
    quote! {
        Member {
            property: #property, row: #row, role: #role, name: #name, other_name: #other_name,
            is_repeated: #is_repeated, is_required: #is_required
        }
    }
}

fn named(name: &XmlName) -> TokenStream {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (prefix, local, namespace) = (text(&name.prefix), &name.local, text(&name.namespace));
    quote!(Name { prefix: #prefix, local: #local, namespace: #namespace })
}
