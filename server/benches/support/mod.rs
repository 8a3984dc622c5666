//! What the replication bench is made of.

pub mod figures;
pub mod run;
pub mod training;
pub mod workload;
