//! With which problems a request may be answered, for the description of the interface.
//!
//! Never answers: each handler says which kinds of request it takes, and keeps to that.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{Content, Ref, RefOr, Response};

/// The problems of requests of one kind.
pub(super) struct Problems<const KIND: usize>;

/// A request of anybody.
pub(super) const OPEN: usize = 0;

/// A request with a token.
pub(super) const KNOWN: usize = 1;

/// A request whose query or body may be wrong.
pub(super) const DESCRIBED: usize = 2;

/// A request for something that may not be there.
pub(super) const NAMED: usize = 3;

/// A request with a body.
pub(super) const SENT: usize = 4;

/// A request that says a line.
pub(super) const SAYS: usize = 5;

/// The statuses of each kind.
const STATUSES: [&[u16]; 6] = [
    &[429],
    &[401, 403, 429, 503],
    &[400],
    &[404],
    &[400, 408, 409, 413, 415],
    &[422],
];

impl<const KIND: usize> IntoResponses for Problems<KIND> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let problem = || {
            let shape = Ref::from_schema_name("Problem");
            let mut response = Response::new("");
            let content = Content::new(Some(shape));
            response
                .content
                .insert("application/problem+json".to_owned(), content);
            response.into()
        };
        let statuses = STATUSES[KIND].iter();
        statuses
            .map(|status| (status.to_string(), problem()))
            .collect()
    }
}
