//! The desk with whole clients and a store that answers when the test wants it to.

mod bounds;
mod company;
mod crowd;
mod inbox;
mod manners;
mod neighbours;
mod peer;
mod places;
mod price;
mod recall;
mod rights;
mod room;
mod scopes;
mod world;
