//! Services that one setting breaks: the cases of `cases.txt`, made and diagnosed one by one.

pub mod case;
pub mod trial;
